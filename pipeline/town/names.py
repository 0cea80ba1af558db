"""Names of Millbrook: invented, but such as a Sacramento Valley town would have."""

NEIGHBORHOODS = (
    "Old Town", "Courthouse Hill", "Depot", "Millrace", "Cannery Row", "Ferry Landing", "Orchard Park", "Sycamore Flats",
    "Alder Creek", "Vineland", "Bidwell Grove", "Larkspur", "Quail Hollow", "Meadow Glen", "Sunrise Ranch", "Stonegate",
    "Northgate", "Manzanita Heights", "Heron Landing", "Rio Vista Court", "Parkside", "College Terrace", "Walnut Bend", "Rosewood",
    "East Bank", "Fairground", "Southside", "Tannery", "Railroad Addition", "Lower Bottoms", "Mulberry", "Esperanza",
    "Hayfield", "West End", "Country Club", "Almond Acres", "Cottonwood", "Pioneer", "Live Oak", "Prairie View",
)  # fmt: skip
ELEMENTARY = (
    "Alder Creek", "Bidwell", "Cesar Chavez", "Cottonwood", "Dolores Huerta", "El Camino", "Fremont", "Hooker Oak", "Jefferson",
    "John Muir", "Juniper", "Larkspur", "Lincoln", "Live Oak", "Maidu", "Manzanita", "Mulberry Street", "Orchard View",
    "Parkside", "Sutter Street", "Sycamore", "Washington",
)  # fmt: skip
NEW_ELEMENTARY, CLOSED_ELEMENTARY = "Heron Landing", "Depot Street"
MIDDLE = ("Bidwell Grove", "East Bank", "Harriet Tubman", "Marsh", "Sierra View")
HIGH = ("Millbrook", "Pleasant Grove", "Southgate")
CONTINUATION, VIRTUAL = "Fair Oaks Continuation High", "Millbrook Online Academy"
CHARTERS = (
    ("Cedar Grove Charter", "KG", "08"), ("Foothill Montessori Charter", "TK", "05"), ("Lantern Charter", "KG", "05"),
    ("River Arts Charter Middle", "06", "08"), ("Valley Collegiate Charter High", "09", "12"), ("Inspire STEM Charter", "TK", "08"),
    ("Puentes Dual Language Charter", "TK", "06"),
)  # fmt: skip
PRIVATE = (("St. Brendan Elementary", "KG", "08"), ("Millbrook Christian School", "KG", "12"), ("Grace Lutheran School", "PK", "06"), ("Oak Tree Waldorf School", "KG", "08"))
STREETS = (
    "Alder", "Bell", "Cherry", "Depot", "East", "Ferry", "Grant", "Humboldt", "Ivy", "Jackson", "Kearny", "Laurel", "Main", "Nord",
    "Orient", "Park", "Quince", "Rancheria", "Salem", "Third", "Union", "Vallombrosa", "Walnut", "Yosemite", "Esplanade", "Mangrove",
)  # fmt: skip
CLOSED_SITES = ("Rosewood Elementary (closed)", "Lower Bottoms School (closed)")


def number_of(names: tuple[str, ...], number: int) -> list[str]:
    """As many names as are asked for: the list, then the list with numbers behind it."""
    rounds = -(-number // len(names))
    return [name if turn == 0 else f"{name} {turn + 1}" for turn in range(rounds) for name in names][:number]
