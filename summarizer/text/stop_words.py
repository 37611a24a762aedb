"""English words that say nothing of what a text is about."""

_ENGLISH = """
a able about above according across actually after again against ago all almost along already also
although always am among an and another any anyone anything are around as ask asked at available
away back based be became because become been before began behind being below best better between
beyond both but by call called came can cannot come comes could day days did different do does
doing done down due during each either else enough especially even ever every everyone everything
except far few find finds first following for former found from further gave get gets give given
gives go goes going gone good got great had has have having he held help hence her here herself high
him himself his how however i if in include included including indeed instead into is it its itself
just keep kept kind know known large last late later least left less let like likely little long
look low made mainly make makes making man many may maybe me mean means meanwhile men might month
months more moreover most mostly much must my myself near nearly need needed needs neither never
nevertheless new next no nobody none nor not nothing now of off often old on once one ones only onto
or other others otherwise our ours out over own part particular per perhaps place possible put
quite rather really recent remain remained remains result results right said same saw say saying
says second see seem seemed seems seen set several shall she should show showed shown shows similar
since small so some something sometimes soon still such take taken takes taking tell tells than that
the their theirs them themselves then there therefore these they thing things think this those
though three through throughout thus time times to today together told tomorrow too took toward
towards two under unless until up upon us use used uses using various very via want wanted was way
ways we week weeks well went were what whatever when where whereas whether which while who whole
whom whose why will with within without won would year years yesterday yet you your yours yourself
don't doesn't didn't isn't aren't wasn't weren't hasn't haven't hadn't won't wouldn't can't couldn't
shouldn't it's i'm i've i'll we're we've we'll you're you've they're they've there's that's let's
four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
billion percent half third early
monday tuesday wednesday thursday friday saturday sunday
"""
ENGLISH = frozenset(_ENGLISH.split())
