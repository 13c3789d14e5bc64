"""What is said to a contact in our own words, in each language."""

from __future__ import annotations

from collections.abc import Mapping

FALLBACK_LANGUAGE = "en"

NOT_FOUND: Mapping[str, str] = {
    "pt": "Não encontrei isso nos documentos.",
    "en": "I did not find this in the documents.",
    "fr": "Je n'ai pas trouvé cela dans les documents.",
    "es": "No encontré eso en los documentos.",
}
NO_DOCUMENTS: Mapping[str, str] = {
    "pt": "Olá! Ainda não tenho documentos que respondam a isso.",
    "en": "Hello! I have no documents yet that answer this.",
    "fr": "Bonjour ! Je n'ai pas encore de documents qui répondent à cela.",
    "es": "¡Hola! Todavía no tengo documentos que respondan a eso.",
}
GREETING: Mapping[str, str] = {
    "pt": "Olá! O que você gostaria de saber?",
    "en": "Hello! What would you like to know?",
    "fr": "Bonjour ! Que souhaitez-vous savoir ?",
    "es": "¡Hola! ¿Qué le gustaría saber?",
}
UNDERSTOOD: Mapping[str, str] = {
    "pt": "Certo! Se quiser saber mais alguma coisa, é só perguntar.",
    "en": "All right! If you would like to know anything else, just ask.",
    "fr": "Très bien ! Si vous souhaitez savoir autre chose, demandez-moi.",
    "es": "¡De acuerdo! Si quiere saber algo más, pregúnteme.",
}
NO_MODEL: Mapping[str, str] = {
    "pt": "(Nenhum modelo de linguagem está configurado: cito os documentos.)",
    "en": "(No language model is configured: I quote the documents.)",
    "fr": "(Aucun modèle de langage n'est configuré : je cite les documents.)",
    "es": "(No hay ningún modelo de lenguaje configurado: cito los documentos.)",
}
NO_MODEL_CARD: Mapping[str, str] = {
    "pt": "Nenhum modelo de linguagem está configurado: este é um cartão simples.",
    "en": "No language model is configured: this is a plain card.",
    "fr": "Aucun modèle de langage n'est configuré : ceci est une carte simple.",
    "es": "No hay ningún modelo de lenguaje configurado: esta es una tarjeta sencilla.",
}

NOT_UNDERSTOOD: Mapping[str, str] = {
    "pt": "Não entendi.",
    "en": "I did not understand that.",
    "fr": "Je n'ai pas compris.",
    "es": "No lo entendí.",
}

OPTED_OUT: Mapping[str, str] = {
    "pt": "Pronto: você não receberá mais os nossos avisos. Para voltar a recebê-los, escreva VOLTAR.",
    "en": "Done: you will get no more notices from us. To get them again, write START.",
    "fr": "C'est fait : vous ne recevrez plus nos annonces. Pour les recevoir à nouveau, écrivez REPRENDRE.",
    "es": "Listo: ya no recibirá nuestros avisos. Para volver a recibirlos, escriba ALTA.",
}
OPTED_IN: Mapping[str, str] = {
    "pt": "Pronto: você voltará a receber os nossos avisos. Para deixar de recebê-los, escreva PARAR.",
    "en": "Done: you will get our notices again. To stop them, write STOP.",
    "fr": "C'est fait : vous recevrez à nouveau nos annonces. Pour ne plus les recevoir, écrivez ARRÊT.",
    "es": "Listo: volverá a recibir nuestros avisos. Para dejar de recibirlos, escriba BAJA.",
}


def phrase(phrases: Mapping[str, str], language: str) -> str:
    """The phrase in ``language``, or in English where there is none."""
    return phrases.get(language, phrases[FALLBACK_LANGUAGE])
