"""The people of the demo's world and what they write. All invented."""
# ruff: noqa: RUF001 - people write as their languages do

from dataclasses import dataclass
from typing import Final

TAG: Final = "#tombola"


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody of the cast: how they are called and which language they write."""

    username: str
    name: str
    lang: str
    about: str


CAST: Final = (
    Role("mara_steeps", "Mara Lindqvist", "sv", "Te, bokhandlar och långa promenader."),
    Role("jonas_am_see", "Jonas Brandl", "de", "Kocht, wandert, trinkt Oolong."),
    Role("priya_pours", "Priya Raman", "en", "Chai first. Questions later."),
    Role("teodora_k", "Teodora Kowalska", "pl", "Fotografuję śniadania."),
    Role("luc_et_theo", "Luc Marchand", "fr", "Deux chats, une théière."),
    Role("ada_okoye", "Ada Okoye", "en", "Ceramics, mostly bowls."),
    Role("nonna_bice", "Beatrice Conti", "it", "Nipoti, biscotti, basilico."),
    Role("hana_mori", "森 ハナ", "ja", "お茶とカメラ。"),
    Role("pablo_ibarra", "Pablo Ibarra", "es", "Profe de música. Mate y té."),
    Role("ines_do_mar", "Inês Tavares", "pt", "Surf de manhã, chá à tarde."),
    Role("sanne_fietst", "Sanne de Wit", "nl", "Fietst overal heen, ook in de regen."),
    Role("olli_saunoo", "Olli Virtanen", "fi", "Sauna, järvi, teekuppi."),
    Role("callum_reads", "Callum Fraser", "en", "Second-hand books and first-flush teas."),
    Role("elif_demlik", "Elif Yıldız", "tr", "İnce belli bardak, demli çay."),
    Role("greta_gruen", "Greta Hofmann", "de", "Balkongärtnerin. Minze in allen Sorten."),
    Role("tom_and_biscuit", "Tom Whitaker", "en", "Biscuit is the dog."),
    Role("chloe_infuse", "Chloé Garnier", "fr", "Herboriste en formation."),
    Role("wren_hollow", "Wren Hollow", "en", "Foraging, film cameras, fog."),
    Role("dario_moka", "Dario Esposito", "it", "Sì, un barista che beve tè."),
    Role("lucia_y_luna", "Lucía Navarro", "es", "Luna es la gata."),
    Role("mei_gongfu", "Mei Tanaka-Ross", "en", "Small pots, many rounds."),
    Role("kasia_na_szlaku", "Kasia Nowak", "pl", "Góry i termos."),
    Role("freya_nord", "Freya Nordahl", "sv", "Keramiker i Göteborg."),
    Role("ben_brews", "Ben Adeyemi", "en", "Timing my infusions to the second."),
)

#: Openings and endings by language; one of each makes a post. ``{tag}`` stands where people put it.
LINES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "en": (
        (
            "Sunday pot on the balcony",
            "My tea shelf has officially run out of shelf",
            "First frost, first spiced chai of the year",
            "Found this cup at a flea market for two quid",
            "The dog approves of this blend",
            "Rainy window, warm hands",
            "Three infusions in and still going strong",
            "Breakfast club is back in session",
            "Attempt number four at latte art, be kind",
        ),
        (
            "so this is my entry {tag}",
            "{tag} fingers crossed!",
            "– entering with this one {tag} 🍃",
            "{tag} @kettleandleaf",
            "and a photo for {tag} ☕",
            "pick me pick me {tag}",
        ),
    ),
    "de": (
        (
            "Regen draußen, Kanne voll",
            "Mein Lieblingsplatz am Fenster",
            "Minze vom Balkon, frisch gepflückt",
            "Oma hätte diese Tasse geliebt",
            "Der erste Tee nach der Wanderung",
        ),
        ("– ich mache mit {tag}", "{tag} Daumen drücken!", "und ab damit zu {tag} 🍂"),
    ),
    "fr": (
        (
            "Le chat surveille la théière",
            "Petit goûter du dimanche",
            "Verveine du jardin, enfin sèche",
            "Ma tasse ébréchée préférée",
        ),
        ("je tente ma chance {tag}", "{tag} on croise les doigts", "voilà ma photo {tag} 🌿"),
    ),
    "es": (
        (
            "Tarde de lluvia y manzanilla",
            "Luna quiere salir en la foto",
            "Mi rincón favorito de la casa",
            "Té frío para los que no aceptan el otoño",
        ),
        ("¡participo con esta! {tag}", "{tag} a ver si hay suerte 🍀", "y aquí mi foto {tag}"),
    ),
    "it": (
        (
            "Biscotti appena sfornati",
            "La teiera della nonna, ancora lei",
            "Pausa delle cinque, puntuale",
            "Finocchietto raccolto stamattina",
        ),
        ("partecipo anch'io {tag}", "{tag} incrociamo le dita", "ecco la mia foto {tag} 🍋"),
    ),
    "pt": (
        (
            "Chá de lúcia-lima à beira-mar",
            "Domingo devagar",
            "A chávena da avó sobreviveu à mudança",
        ),
        ("participo com esta {tag}", "{tag} dedos cruzados 🌊"),
    ),
    "nl": (
        ("Doorweekt thuis, eerst thee", "Muntthee op het balkon", "Kopje van de rommelmarkt"),
        ("ik doe mee {tag}", "{tag} duimen maar!"),
    ),
    "pl": (
        ("Herbata z termosu na szczycie", "Śniadanie z widokiem", "Nowy kubek, stara herbata"),
        ("biorę udział {tag}", "{tag} trzymajcie kciuki 🍁"),
    ),
    "sv": (
        ("Första koppen ur nya ugnen", "Te och regn i Göteborg", "Söndagsfika på riktigt"),
        ("jag är med {tag}", "{tag} håll tummarna"),
    ),
    "fi": (
        ("Saunan jälkeen teetä laiturilla", "Sumuinen aamu, kuuma kuppi"),
        ("osallistun tällä {tag}", "{tag} peukut pystyyn"),
    ),
    "tr": (
        ("Yağmur, cam kenarı, demli çay", "Sabahın ilk bardağı", "Annemin eski demliği"),
        ("ben de katılıyorum {tag}", "{tag} şans dileyin 🍀"),
    ),
    "ja": (
        ("今日の一杯", "雨の日の湯のみ", "新しい急須が届きました"),
        ("{tag} 応募します", "{tag} 当たりますように 🍵"),
    ),
}
