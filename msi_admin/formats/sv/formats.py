"""Swedish short dates in the style of the long ones, so that no page mixes two; the rest is Django's."""

SHORT_DATE_FORMAT = "j b Y"
SHORT_DATETIME_FORMAT = "j b Y H:i"
