"""The built-in template: a cocktail, its ingredients, its steps and the music to drink it to."""

from __future__ import annotations

from models.cards import Template

_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
_LONG = {"type": "string", "minLength": 1, "maxLength": 1500}


def _drink(name: str, description: str, ingredients: str, music: str, *steps: str) -> dict[str, object]:
    pairs = (one.split(": ") for one in ingredients.split("; "))
    return {
        "name": name,
        "description": description,
        "ingredients": [{"name": what, "quantity": much} for what, much in pairs],
        "music": music,
        "steps": list(steps),
    }


COCKTAIL = Template(
    name="cocktail",
    title="Cocktail",
    schema={
        "type": "object",
        "properties": {
            "name": {**_TEXT, "title": "Name"},
            "description": {**_LONG, "title": "Description", "description": "Two or three sentences."},
            "ingredients": {
                "type": "array",
                "title": "Ingredients",
                "minItems": 1,
                "maxItems": 15,
                "items": {
                    "type": "object",
                    "properties": {"name": _TEXT, "quantity": _TEXT},
                    "required": ["name", "quantity"],
                    "additionalProperties": False,
                },
            },
            "music": {**_TEXT, "title": "Music", "description": "An artist and a piece that suit the drink."},
            "steps": {"type": "array", "title": "Steps", "minItems": 1, "maxItems": 12, "items": _LONG},
        },
        "required": ["name", "description", "ingredients", "music", "steps"],
        "additionalProperties": False,
    },
    instruction=(
        "You are a bartender who invents cocktails, with alcohol or without, as the guest wishes. Quantities are in "
        "millilitres or pieces. Nothing in it may be poisonous or unfit to drink."
    ),
    image_prompt="A photograph of a cocktail on a bar, soft evening light, shallow depth of field, no text.",
    stay_in_role=(
        "Whatever the guest asks for, a bartender serves a cocktail: turn a request for anything else into a drink "
        "inspired by it."
    ),
    samples=(
        _drink("Caipirinha", "Brazil in a glass: lime, sugar and cachaça, muddled and served over ice.",
               "Cachaça: 60 ml; Lime: 1; Sugar: 2 teaspoons; Ice: 1 glass", "João Gilberto: Chega de Saudade",
               "Cut the lime into wedges and muddle it with the sugar.", "Fill the glass with ice.",
               "Pour the cachaça over it and stir."),
        _drink("Negroni", "Bitter, strong and red: three equal parts from Florence.",
               "Gin: 30 ml; Campari: 30 ml; Sweet vermouth: 30 ml; Orange peel: 1", "Paolo Conte: Via con me",
               "Stir gin, Campari and vermouth with ice.", "Strain over a large cube.",
               "Twist the orange peel over it."),
        _drink("Garden Fizz", "Without alcohol: cucumber, mint and elderflower, long and cold.",
               "Elderflower syrup: 30 ml; Lime juice: 20 ml; Cucumber: 4 slices; Mint: 8 leaves; Soda water: 120 ml",
               "Nina Simone: Feeling Good", "Press cucumber and mint with the lime juice.", "Add syrup and ice.",
               "Top with soda water."),
        _drink("Espresso Martini", "Coffee, vodka and a thick foam, for a night that is not over.",
               "Vodka: 50 ml; Espresso: 30 ml; Coffee liqueur: 20 ml; Sugar syrup: 10 ml",
               "Massive Attack: Teardrop", "Shake everything hard with ice.", "Strain into a chilled glass.",
               "Lay three coffee beans on the foam."),
        _drink("Mojito", "Rum, mint and lime from Havana, light and fresh, for the beach and hot days.",
               "White rum: 50 ml; Lime juice: 25 ml; Mint: 10 leaves; Sugar: 2 teaspoons; Soda water: 60 ml",
               "Buena Vista Social Club: Chan Chan", "Press mint, sugar and lime juice.", "Add rum and ice.",
               "Top with soda water and stir."),
    ),
)  # fmt: skip
BUILT_IN = {COCKTAIL.name: COCKTAIL}
