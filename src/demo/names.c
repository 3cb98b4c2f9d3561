#include "demo/names.h"

#include "base/base.h"

const char *const cn_demo_enterprise_names[15] = {
    "Northwind Retail",   "Halcyon Airlines", "Meridian Bank",   "Aurora Health",  "Castell Foods",
    "Brightwater Energy", "Corvid Logistics", "Sable Insurance", "Pinnacle Media", "Tessera Pharma",
    "Ironbridge Rail",    "Lumen Telecom",    "Granite Motors",  "Verdant Agri",   "Orchid Hotels",
};

/* TechCorp first: it is the account of 003-28. */
const char *const cn_demo_mid_market_names[65] = {
    "TechCorp",         "Acorn Analytics",   "Baltic Freight",   "Beacon Dental",
    "Birchwood Legal",  "Blue Heron Travel", "Bramble Games",    "Canopy Software",
    "Cedar Clinics",    "Cinder Labs",       "Clearwell Water",  "Cobalt Systems",
    "Copperfield Tax",  "Coral Fitness",     "Crescent Schools", "Dovetail Design",
    "Driftwood Film",   "Echo Audio",        "Elmstone Homes",   "Ember Security",
    "Fairhaven Care",   "Falcon Tools",      "Fernway Farms",    "Flintlock Data",
    "Foxglove Beauty",  "Garnet Staffing",   "Gable Roofing",    "Harbor Marine",
    "Hazel Bakeries",   "Hilltop Solar",     "Indigo Print",     "Juniper Bikes",
    "Kestrel Drones",   "Kindred Pets",      "Lantern Books",    "Larkspur Events",
    "Linden Furniture", "Lodestar Maps",     "Magpie Resale",    "Maple Credit",
    "Marlow Optics",    "Mistral Wind",      "Moss Interiors",   "Nettle Foods",
    "Nimbus Hosting",   "Oakline Paper",     "Onyx Gaming",      "Opal Jewels",
    "Osprey Outdoor",   "Paddock Equine",    "Pebble Payments",  "Quarry Stone",
    "Quill Press",      "Raven Courier",     "Redwood Timber",   "Saffron Kitchens",
    "Sierra Surveys",   "Slate Property",    "Sparrow Mail",     "Summit Skills",
    "Thistle Textiles", "Umber Coffee",      "Vesper Theatre",   "Willow Wellness",
    "Zephyr Rentals",
};

const char *const cn_demo_former_names[26] = {
    "Alder Optometry", "Basalt Gym",      "Bluebell Nursery", "Cascade Rafting",  "Chalk Tutoring",
    "Clementine Cafe", "Crosswind Parts", "Dapple Stables",   "Eastgate Parking", "Firefly Events",
    "Gannet Ferries",  "Heather Hospice", "Inkwell Notaries", "Jasper Tiles",     "Keystone Locks",
    "Lupin Gardens",   "Mallard Boats",   "Northgate Labs",   "Orbit Couriers",   "Poppy Cosmetics",
    "Rowan Realty",    "Skylark Travel",  "Tamarind Tea",     "Upland Wool",      "Violet Audio",
    "Wharf Storage",
};

const char *const cn_demo_first_names[] = {
    "Amara",   "Anders", "Beatriz", "Bilal", "Carmen", "Chidi", "Daria", "Diego", "Elif",   "Emil",
    "Fatima",  "Felix",  "Grace",   "Hana",  "Hugo",   "Ines",  "Ivan",  "Jana",  "Jonas",  "Kavya",
    "Kofi",    "Lena",   "Liam",    "Mei",   "Milan",  "Nadia", "Noah",  "Olga",  "Omar",   "Priya",
    "Quentin", "Rosa",   "Ravi",    "Sofia", "Sven",   "Tara",  "Tomas", "Uma",   "Viktor", "Yuki",
};
const size_t cn_demo_first_name_count = CN_ARRAY_LEN(cn_demo_first_names);

const char *const cn_demo_last_names[] = {
    "Abiodun", "Andersson", "Bauer",  "Bianchi", "Castro",   "Chen",   "Dubois", "Eriksen",
    "Farouk",  "Fischer",   "Garcia", "Haddad",  "Ito",      "Jensen", "Kaplan", "Kowalski",
    "Larsen",  "Lopez",     "Mbeki",  "Moreau",  "Nakamura", "Novak",  "Okafor", "Patel",
    "Petrov",  "Quinn",     "Rossi",  "Santos",  "Silva",    "Sharma", "Tanaka", "Torres",
    "Usman",   "Varga",     "Weber",  "Yilmaz",
};
const size_t cn_demo_last_name_count = CN_ARRAY_LEN(cn_demo_last_names);

const char *const cn_demo_titles[] = {
    "Analyst",           "Marketing Operations Manager",
    "Product Manager",   "Data Engineer",
    "Campaign Manager",  "Team Lead",
    "Account Executive", "Operations Specialist",
};
const size_t cn_demo_title_count = CN_ARRAY_LEN(cn_demo_titles);

const char *const cn_demo_name_heads[] = {
    "Amber", "Arc",   "Ash",   "Bay",   "Birch", "Bolt", "Brook", "Cliff", "Cloud", "Clover",
    "Crane", "Dawn",  "Delta", "Dune",  "Elm",   "Fern", "Field", "Finch", "Frost", "Glen",
    "Grove", "Haven", "Heron", "Holly", "Iris",  "Ivy",  "Jade",  "Kite",  "Lake",  "Lark",
    "Lily",  "Lotus", "Mint",  "Moon",  "North", "Nova", "Oak",   "Olive", "Peak",  "Pine",
    "Plum",  "Reed",  "Ridge", "River", "Rook",  "Rose", "Sage",  "Sand",  "Star",  "Stone",
};
const size_t cn_demo_name_head_count = CN_ARRAY_LEN(cn_demo_name_heads);

const char *const cn_demo_name_tails[] = {
    "works", "studio", "labs", "shop", "craft", "media", "goods", "house", "point", "path",
    "line",  "ware",   "yard", "loft", "desk",  "cart",  "press", "space", "port",  "nest",
};
const size_t cn_demo_name_tail_count = CN_ARRAY_LEN(cn_demo_name_tails);
