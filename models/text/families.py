"""Forms of one word that no stemmer brings together: irregular verbs, and nouns made of them, in four languages."""

from __future__ import annotations

from models.text.stopwords import STOP_WORDS

_PT = """
abre abrem abrimos abrir abriu abriram abrira abrirao aberto aberta abertos abertas abertura abra abrindo
paga pagam pagamos pagar pago pagou pague paguei pagamento pagamentos
perde perdem perder perdi perdeu perco perca perda
pede pedem pedir peco peca pediu pedido pedidos
chega chegam chegamos chegar chego cheguei chegou chegue chegada
sai saem saimos sair saiu saida saidas
vem vir vindo veio vieram vinda
traz trazem trazemos trazer trago traga trouxe
cai caem cair caiu queda
sobe sobem subir subiu subida
escreveu escreve escrever escrito escrita escritos escritor
morre morreu morreram morrer morte morto
nasce nasceu nasceram nascer nascido nascida nascimento
vence venceu venceram vencer vencedor vitoria
"""
_EN = """
pay pays paid paying payment payments
buy buys buying bought
sell sells selling sold sale sales
send sends sending sent
bring brings brought
take takes took taken taking
give gives gave given giving
get gets got gotten getting
find finds found finding
keep keeps kept keeping
lose loses lost losing loss
leave leaves left leaving
hold holds held holding
lead leads led leading
know knows knew known
become becomes became becoming
begin begins began begun beginning
break breaks broke broken breaking
build builds built building
catch catches caught
choose chooses chose chosen choice
come comes came coming
die dies died dead death deaths
draw draws drew drawn
drive drives drove driven
eat eats ate eaten
fall falls fell fallen
fight fights fought
fly flies flew flown flight
grow grows grew grown growth
meet meets met meeting
ride rides rode ridden
rise rises rose risen
run runs ran running
speak speaks spoke spoken
spend spends spent
steal steals stole stolen
strike strikes struck
teach teaches taught teaching
tell tells told
think thinks thought
throw throws threw thrown
wear wears wore worn
win wins won winning winner
write writes wrote written writing writer
"""
_FR = """
ouvre ouvres ouvrent ouvrez ouvrons ouvrir ouvert ouverte ouverts ouvertes ouverture ouvertures
ferme ferment fermez fermons fermer fermee fermeture fermetures
paye paie payez payons payent paient payer payable paiement paiements
accepte acceptent acceptez acceptons accepter
livre livrent livrez livrons livrer livraison livraisons
vend vendent vendez vendons vendre vendu vente ventes
offre offrent offrez offrons offrir offert
propose proposent proposez proposons proposer
prend prennent prenez prenons prendre pris prise
recoit recoivent recevez recevons recevoir recu reception
rembourse remboursent remboursez remboursons rembourser remboursement remboursements
reserve reservent reservez reservons reserver reservation reservations
envoie envoient envoyez envoyons envoyer envoi envois
expedie expedient expediez expedions expedier expedition expeditions
sert servent servez servons servir service
commence commencent commencez commencons commencer
travaille travaillent travaillez travaillons travailler
ecrit ecrivent ecrire ecrite ecrivain
mort morte mourir meurt mourut deces
nee naitre naissance naquit
"""
_ES = """
abre abren abrimos abrir abierto abierta abiertos abiertas abrio abriran apertura abra
cierra cierran cerramos cerrar cerrado cerrada cerrados cierre cierren cerro
atiende atienden atendemos atender atencion
paga pagan pagamos pagar pago pagos pague
devuelve devuelven devolvemos devolver devuelto devolucion devoluciones
vuelve vuelven volvemos volver vuelto vuelta
empieza empiezan empezamos empezar empezo
comienza comienzan comenzamos comenzar comenzo comienzo
pide piden pedimos pedir pidio pedido pedidos
sirve sirven servimos servir servicio
pierde pierden perdemos perder perdio perdida
encuentra encuentran encontramos encontrar encontro
recomienda recomiendan recomendamos recomendar recomendacion
muestra muestran mostramos mostrar mostro
prueba prueban probamos probar
almuerzo almuerzos almorzar almuerza
murio muere mueren morir muerte muerto muerta
nacio nace nacen nacer nacido nacida nacimiento
escribio escribe escribir escrito escrita escritor
"""


def _families() -> dict[str, tuple[str, ...]]:
    stop_words = frozenset[str]().union(*STOP_WORDS.values())
    found: dict[str, dict[str, None]] = {}
    for line in f"{_PT}{_EN}{_FR}{_ES}".splitlines():
        family = [word for word in line.split() if word not in stop_words]
        for word in family:
            found.setdefault(word, {}).update(dict.fromkeys(other for other in family if other != word))
    return {word: tuple(others) for word, others in found.items()}


FAMILIES = _families()
"""For a folded word the other forms of it, in any of the languages."""
