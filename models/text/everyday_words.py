"""The words of the matters that every small business is asked about, folded, in four languages."""

from __future__ import annotations

MATTERS: tuple[tuple[str, str, str, str], ...] = (
    # One matter each; Portuguese, English, French, Spanish, as `LANGUAGES` has them. Before ">" stands what is asked
    # with, in any of its forms, behind it what a document may say; without it the words are both.
    (
        "cachorro cachorrinho cachorra cadela cao caes > cao caes cachorro pet pets animal animais estimacao",
        "dog puppy > dog pet animal",
        "chien chienne > chien animal animaux compagnie",
        "perro perra > perro mascota animal",
    ),
    (
        "gato gata > gato pet pets animal animais estimacao",
        "cat kitten > cat pet animal",
        "chatte chaton > chatte animal animaux compagnie",
        "gato gata > gato mascota animal",
    ),
    (
        "pet pets bicho animal animais > pet animal animais cao caes cachorro gato estimacao",
        "pet animal > pet animal dog cat",
        "animal animaux > animal animaux chien",
        "mascota animal > mascota animal perro gato",
    ),
    (
        "crianca bebe filho filha kids > crianca infantil bebe menores kids",
        "child children kid baby babies toddler > children child kid baby family",
        "enfant bebe > enfant bebe petits",
        "nino nina hijo hija bebe > nino infantil bebe menores",
    ),
    (
        "estacionamento estacionar estaciono vaga manobrista garagem",
        "parking park garage valet",
        "parking stationnement stationner garer voiturier",
        "estacionamiento estacionar estaciono parking aparcamiento aparcar aparco cochera",
    ),
    ("wifi wi fi internet", "wifi wi fi internet wireless", "wifi wi fi internet", "wifi wi fi internet"),
    (
        "reserva reservar agendar agendamento marcar marcacao",
        "book booking reserve reservation appointment schedule",
        "reserver reservation rendezvous rdv",
        "reserva reservar reservo cita turno agendar",
    ),
    (
        "cancelar cancelamento cancela desmarcar desmarco remarcar desistencia",
        "cancel cancellation cancelled reschedule refund",
        "annuler annulation decommander",
        "cancelar cancelacion cancelo anular anulacion",
    ),
    (
        "entrega entregam entregar delivery frete > entrega delivery frete envio domicilio pedidos",
        "deliver delivery shipping ship",
        "livraison livrer livrez domicile > livraison livrer expedie expedions envoi domicile",
        "entrega entregan envio reparto delivery domicilio",
    ),
    (
        "pagamento pagar pago paga pague > pagamento cartao cartoes pix dinheiro boleto visa",
        "pay payment paying > payment pay card cash visa",
        "paiement payer paye > paiement carte especes cheque virement",
        "pago pagar > pago tarjeta efectivo transferencia visa",
    ),
    (
        "cartao cartoes credito debito > cartao cartoes credito debito visa mastercard",
        "card credit debit > card credit debit visa mastercard contactless",
        "carte cartes > carte bancaire visa mastercard",
        "tarjeta credito debito > tarjeta credito debito visa mastercard",
    ),
    (
        "parcela parcelar parcelam parcelado > parcela parcelamos vezes prestacoes juros",
        "installment instalment",
        "mensualites facilites > mensualites fois",
        "cuotas plazos financiar > cuotas plazos meses",
    ),
    (
        "telefone fone tel celular ligar ligo whatsapp whats zap > telefone fone tel celular whatsapp contato ligue",
        "phone telephone tel mobile call whatsapp > phone telephone tel mobile call whatsapp contact",
        "telephone tel portable appeler joindre whatsapp > telephone tel appelez appeler whatsapp contact",
        "telefono tel movil celular llamar llamo whatsapp > telefono tel movil llame llamenos whatsapp contacto",
    ),
    ("email mail", "email mail", "email mail courriel", "email mail correo"),
    (
        "endereco localizacao localizado rua > endereco rua avenida av praca alameda rodovia bairro localizado",
        "address location located street > address street avenue road located",
        "adresse situe rue > adresse rue avenue boulevard situe",
        "direccion ubicacion ubicado calle > direccion calle avenida plaza ubicado",
    ),
    (
        "horario funcionamento expediente > horario funcionamento aberto abre segunda sexta sabado domingo",
        "hours > hours open monday friday saturday sunday weekdays",
        "horaire > horaires ouvert lundi mardi vendredi samedi dimanche",
        "horario > horario abierto abre lunes viernes sabado domingo",
    ),
    (
        "abre abrem abrir aberto fecha fechar > abre abrimos aberto fecha horario segunda sexta sabado domingo",
        "open opening close closing > open close hours monday friday saturday sunday",
        "ouvre ouvrez ouvert ferme fermez fermeture ouverture > ouvert ferme horaires lundi vendredi samedi dimanche",
        "abre abren abrir abierto cierra cierran > abre abierto cierra cerrado horario lunes viernes sabado domingo",
    ),
    (
        "cadeirante rampa acessibilidade elevador > cadeirante rampa acessivel elevador adaptado",
        "wheelchair accessible accessibility ramp lift elevator",
        "fauteuil roulant handicape pmr accessible rampe ascenseur",
        "ruedas silla accesible accesibilidad rampa ascensor",
    ),
    (
        "troca trocar devolucao devolver reembolso garantia",
        "return refund exchange warranty guarantee",
        "retour retourner echange echanger remboursement rembourser garantie",
        "devolucion devolver reembolso cambio garantia",
    ),
    ("convenio plano", "insurance", "mutuelle assurance", "seguro aseguradora"),
)

# Beside "where" they ask for an address.
LIES = frozenset((
    *("fica", "ficam", "localiza", "encontro", "acho", "chego", "chegar", "situa", "located", "find", "get"),
    *("situe", "situee", "situes", "situees", "trouve", "trouvez", "trouver", "queda", "quedan"),
    *("encuentra", "encuentran", "encuentro", "ubicado", "ubicados", "llego", "llegar"),
))  # fmt: skip

_ASKING = """
aceita aceitam permite permitem permitido oferece oferecem possui possuem dispoe existe existem vende vendem pode
podem entra entrar ir vir levar lugar acesso forma formas jeito maneira numero politica preciso precisa fazer faco
fazem fica ficam passa manda mande dias
accept accepts allow allowed allows offer offers provide come go time times policy number welcome make way
ways long days nearby
acceptez accepte acceptes accepter autorise autorises admis proposez propose offrez vendez venir aller peux numero
politique moyen moyens faire faites possible jours
acepta aceptan aceptais permiten permite permitido admiten admite ofrecen ofrece venden vende ir venir puedo puede
pueden numero forma formas politica hacer hacen hago lugar dias
"""
ASKING = frozenset(_ASKING.split())
"""Words that only lead up to a matter: whether it is offered, how, or its number."""
