"""Words of address lines in the languages of affiliations, all folded."""

from __future__ import annotations

OF = frozenset(
    """of de di do da del della dello dei degli des du d la von van der den zu fur for and und et e y i
    en em to on the for by with""".split()
) | {"at", "in"}
ORGANISATION = frozenset(
    """university univ universit universi universitat universidad universidade universite universita
    universiteit universitet universitaet universitair uniwersytet univerzita univerzitet universiti
    univers unive hospital hospit hospita klinikum klinik clinic clinica kliniken institute institut
    instituto istituto instit inst academy academ accademia akademie akademia college polytechnic
    politecnico polytech polite centre center centro centrum zentrum centr company corporation corp
    inc ltd limited llc gmbh foundation fondazione fundacion fondation ministry museum agency council
    observatory infirmary medical healthcare health association society laboratories cnrs inserm csic
    cnr irccs chu aphp nhs nih national school ecole escuela escola faculty hochschule fachhochschule
    universitatsklinikum universitatsmedizin hopital hopitaux ospedale ospedali azienda sanatorium
    sjukhus sykehus rigshospitalet ziekenhuis szpital nemocnice trust consortium group bureau""".split()
)
DEPARTMENT = frozenset(
    """department dept departments division div school faculty section unit laboratory lab college
    program programme dipartimento departamento departement service servicio servico serviço chair
    graduate facultad faculdade faculte facolta fakultat institute institut instituto centre center
    clinic klinik abteilung lehrstuhl afdeling laboratoire laboratorio unidad unite unita key state
    research group branch office team equipe area catedra discipline master student""".split()
)
STREET = frozenset(
    """street st. road rd avenue ave av boulevard blvd bd lane drive dr rue via viale piazza place
    calle carrera avda avenida rua strasse str allee platz weg ulica ul street. highway hwy parkway
    pkwy way square p.o box bp cp building bldg floor room suite block plot campus km no sokak
    caddesi cad mahallesi jalan jl lorong prospekt prospect ulitsa gasse laan straat plein gade vej
    vagen gatan quai chemin cours cedex impasse paseo passeig carrer praca largo""".split()
)
ADMIN_SUFFIXES = frozenset(
    """city shi town district prefecture province county municipality ku gu si do gun fu ken cho machi
    state region area metropolitan governorate oblast krai republic township village island sheng
    territory dist qu xian cedex canton municipal suburb campus""".split()
)
TOWN_PREFIXES = frozenset({"cedex", "po", "box", "bp", "cs"})
DIRECTIONS = frozenset("n s e w c m k o nw ne sw se cedex i ii iii iv v vi vii viii ix x xi xii".split())
NOT_SENTENCE_ENDS = frozenset(
    """univ dept prof inst hosp natl acad med sci tech eng chem phys biol dipl ing blvd ave str
    street. dist prov mount fort saint""".split()
)
UK_AREAS = {
    "AB": "Aberdeen", "B": "Birmingham", "BA": "Bath", "BD": "Bradford", "BN": "Brighton",
    "BS": "Bristol", "BT": "Belfast", "CB": "Cambridge", "CF": "Cardiff", "CV": "Coventry",
    "DD": "Dundee", "DH": "Durham", "EC": "London", "EH": "Edinburgh", "EX": "Exeter",
    "G": "Glasgow", "GU": "Guildford", "HU": "Hull", "L": "Liverpool", "LE": "Leicester",
    "LS": "Leeds", "M": "Manchester", "MK": "Milton Keynes", "N": "London", "NE": "Newcastle",
    "NG": "Nottingham", "NR": "Norwich", "NW": "London", "OX": "Oxford", "PL": "Plymouth",
    "PO": "Portsmouth", "RG": "Reading", "S": "Sheffield", "SA": "Swansea", "SE": "London",
    "SO": "Southampton", "SW": "London", "W": "London", "WC": "London", "YO": "York", "E": "London",
}  # fmt: skip
