"""Names of Millbrook: invented, but such as a Sacramento Valley town would have."""

NEIGHBORHOODS = {
    "growing": ("Heron Landing", "Sunrise Ranch", "Stonegate", "Meadow Glen", "Quail Hollow", "Prairie View", "Larkspur", "Northgate"),
    "needy": ("Southside", "Tannery", "Railroad Addition", "Lower Bottoms", "Esperanza", "Mulberry", "Fairground", "Cannery Row"),
    "old": (
        "Old Town", "Courthouse Hill", "Depot", "Millrace", "Ferry Landing", "College Terrace", "Orchard Park", "Parkside", "Walnut Bend",
        "Rosewood", "East Bank", "Bidwell Grove", "Third Street", "Mill Yard", "Salem Park",
    ),
    "other": (
        "Alder Creek", "Almond Acres", "Cottonwood", "Country Club", "Hayfield", "Live Oak", "Manzanita Heights", "Nord Road", "Pioneer",
        "Rancheria", "Rio Vista Court", "River Bend", "Sycamore Flats", "Vallombrosa", "Vineland", "West End", "Willow Slough", "Yosemite Park",
        "Foothill", "Buttes View", "Dry Creek", "Hidden Valley", "Oak Knoll", "Peach Tree", "Silver Bridge", "Sandy Gulch",
    ),
}  # fmt: skip
ELEMENTARY = (
    "Alder Creek", "Bidwell", "Cesar Chavez", "Cottonwood", "Dolores Huerta", "El Camino", "Fremont", "Hooker Oak", "Jefferson",
    "John Muir", "Juniper", "Larkspur", "Lincoln", "Live Oak", "Maidu", "Manzanita", "Mulberry Street", "Orchard View",
    "Parkside", "Sutter Street", "Sycamore", "Washington",
)  # fmt: skip
NEW_ELEMENTARY, CLOSED_ELEMENTARY = "Heron Landing", "Depot Street"
MIDDLE = ("Bidwell Grove", "East Bank", "Harriet Tubman", "Marsh", "Sierra View")
HIGH = ("Millbrook", "Pleasant Grove", "Southgate")
CONTINUATION, VIRTUAL = "Fair Oaks Continuation High", "Millbrook Online Academy"
CHARTERS = (  # name, grades, seats when full
    ("Cedar Grove Charter", "KG", "08", 380), ("Foothill Montessori Charter", "TK", "05", 120), ("Lantern Charter", "KG", "05", 150),
    ("River Arts Charter Middle", "06", "08", 180), ("Valley Collegiate Charter High", "09", "12", 310), ("Inspire STEM Charter", "TK", "08", 240),
    ("Puentes Dual Language Charter", "TK", "06", 190),
)  # fmt: skip
PRIVATE = (
    ("St. Brendan Elementary", "KG", "08"),
    ("Millbrook Christian School", "KG", "12"),
    ("Grace Lutheran School", "PK", "06"),
    ("Oak Tree Waldorf School", "KG", "08"),
)
STREETS = (
    "Alder", "Bell", "Cherry", "Depot", "East", "Ferry", "Grant", "Humboldt", "Ivy", "Jackson", "Kearny", "Laurel", "Main", "Nord",
    "Orient", "Park", "Quince", "Rancheria", "Salem", "Third", "Union", "Vallombrosa", "Walnut", "Yosemite", "Esplanade", "Mangrove",
)  # fmt: skip
CLOSED_SITES = ("Rosewood Elementary (closed)", "Lower Bottoms School (closed)")


def number_of(names: tuple[str, ...], number: int) -> list[str]:
    """As many names as are asked for: the list, then the list with numbers behind it."""
    rounds = -(-number // len(names))
    return [name if turn == 0 else f"{name} {turn + 1}" for turn in range(rounds) for name in names][:number]
