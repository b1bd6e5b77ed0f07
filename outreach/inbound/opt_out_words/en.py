"""English."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, near

_ME = r"(?:me|us|him|her)\b|(?:my|our|his|her) (?:\w+ ){0,2}(?:name|address\w*|e-?mail\w*|mail|details|account|id)\b|(?:this|the above|that) (?:e-?mail )?(?:address|mailbox|inbox|account)|@"
_REMOVE = r"(?:remov(?:e|es|ed|ing)|delet(?:e|es|ed|ing)|taken?|takes|taking|drop(?:ped|s|ping)?|strike|striking|struck|eras(?:e|ed|ing)|cross(?:ed|ing)?|scratch(?:ed|ing)?|withdraw(?:n|ing)?|purg(?:e|ed|ing)|unlist(?:ed|ing)?)\b"
_FROM_LISTS = r"(?:off|from|out of) (?:\w+ ){0,4}(?:lists?|mailings?|newsletters?|distribution|database|records?|register|subscription|mail-?outs?|circulation|books|system)\b"
_MAIL = r"(?:e-?mails?|mails?|mailings?|mail-?shots?|newsletters?|messages|letters|updates|offers|promotions?|advert\w*|ads|marketing|spam|junk|rubbish|correspondence|communications?|contact|check-?ins|reminders|surveys)\b"
_SENDING = r"(?:sending|e-?mailing|mailing|contacting|writing|spamming|bothering|messaging|pestering|texting|bombarding|checking in)\b"
_UNWILLING = r"(?:do not|don'?t|no longer|not|never|didn'?t|did not) (?:\w+ )?(?:want|wish|care|need|intend|agree|consent|like)\b|(?:rather|prefer)(?: it if you)? (?:not|you did(?:n'?t| not))|no (?:wish|desire|need) to|(?:could|can) do without|not interested in"

WORDS = OptOutWords(
    requests=(
        r"(?:nothing|no more) (?:\w+ ){0,2}(?:reach\w*|arriv\w*|come\w*|go\w*) (?:to )?(?:this|my|our|her|his|the) (?:address|inbox|mailbox)",
        r"(?:taken|removed|deleted|dropped|struck) (?:off|out of|from) (?:whatever|any|all|your|the|every) (?:\w+ )?(?:systems?|lists?|files?|records?|database)",
        near(
            r"if (?:i|we) (?:get|receive|see|find)|if (?:one|another|any)|(?:one|another) more|the next (?:one|e-?mail|mail|message)",
            r"(?:i|we|and i)(?:'ll| will|'m|'re| am| are)\b|goes|it'?s",
            r"report\w*|complain\w*|lawyer|solicitor|legal|authorit\w+|commissioner|ombudsman",
            gap=50,
        ),
        r"(?:no|not any|n'?t any|no real) need (?:for you )?to (?:keep |be )?(?:check(?:ing)? in|writ\w+|e-?mail\w*|send\w*|contact\w*)|no need for (?:us|me) to (?:keep |be )?(?:get\w*|receiv\w*|sent)",
        r"(?:no|not much|little) (?:real )?(?:point|sense|use) (?:in )?(?:\w+ ){0,3}(?:send\w*|coming|writ\w+|e-?mail\w*|getting)|needn'?t (?:write|check in|e-?mail|send|contact)",
        r"how do i get off (?:this|your|the)\b|(?:just )?(?:please )?take me off(?:,? (?:please|thank you|thanks|of it))\W*$",
        r"(?:take|get|leave|strike|cross) (?:my|our|her|his) (?:name|address|e-?mail) (?:off|out|down from)\b",
        near(
            r"(?:say|saying|said|bid) (?:goodbye|farewell) to|(?:part|parted) (?:ways|company) with",
            r"newsletter|mailings?|mailing list|your (?:e-?mails?|letters|mails)",
            gap=15,
        ),
        near(_REMOVE, _ME, _FROM_LISTS, gap=30),
        near(
            r"(?:me|us|him|her|name|address\w*|e-?mail|account|details) (?:to be |be |is |are )?(?:removed|taken|deleted|struck|dropped|erased|crossed)\b",
            _FROM_LISTS,
            gap=12,
        ),
        r"(?:remove|delete|strike) (?:me|us|my (?:e-?mail|address|name|data|details)|this (?:address|e-?mail address))\b(?!.{0,30}\b(?:call|meeting|invite|thread|agenda|cc|appointment|photo|picture|page|poem|story|article)\b)",
        r"(?:take|get|drop) (?:me|us|my (?:e-?mail|address|name)|this (?:address|e-?mail)) (?:off?|out of|from) (?:\w+ ){0,4}(?:lists?|mailings?|e-?mails?|newsletters?|distribution|database|records|here|this|it|them)\b",
        r"unsub\w* (?:me|us|this (?:e-?mail|address)|my (?:e-?mail|address))\b",
        r"(?:please|kindly|pls|plz|want to|like to|wish to|need to|asked to|asking to|trying to) (?:be )?(?:unsub\w*|un-subscribe\w*|opt(?:ed)? out)\b",
        r"(?:stop|quit|cease|refrain from|desist from|discontinue)\b(?! by)(?: \w+){0,3} "
        + _SENDING,
        r"(?:stop|cease|discontinue|cancel|end|halt) (?:(?:all|any|these|your|the|this|those|with|my|further) )+(?:\w+ )?"
        + _MAIL,
        near(
            r"no (?:more|further)|not one more|nothing (?:more|further)|never (?:send|want|get)|without (?:more|further)",
            _MAIL,
            gap=12,
        ),
        near(
            r"(?:no|nothing) (?:more|further|else)",
            r"(?:came|comes?|arriv\w+|sent|be sent) (?:from|by|to|here)",
            gap=20,
        ),
        near(
            r"(?:do not|don'?t|never|not)",
            r"(?:e-?mail|contact|write|mail|send|message|bother|text|approach)(?: to)? (?:me|us|my|this|him|her|any|anything|here|again)?\b",
            r"again\b|any ?more\b|ever\b|further\b|in (?:the )?future|from now on|henceforth",
            gap=20,
        ),
        near(
            _UNWILLING,
            r"(?:receiv\w+|get(?:ting)?|hear|be|keep)\b",
            r"(?:your|these|this|any|further|future|more|such|those) (?:\w+ ){0,2}"
            + _MAIL
            + r"|from you\b|contacted|on (?:your|the|this|any) (?:\w+ )?list|checking in|subscribed|mailed|e-?mailed|newsletters?\b",
            gap=20,
        ),
        near(
            r"(?:do not|don'?t|no longer) (?:want|need|wish for|care for)",
            r"(?:your|these|those|any more|any further) (?:\w+ )?" + _MAIL,
            gap=10,
        ),
        near(
            r"eras\w+|delet\w+|remov\w+",
            r"(?:personal |all (?:of )?(?:my |the )?|my (?:personal )?)(?:data|information|details)\b",
            gap=50,
        ),
        near(
            r"object(?:ion)? to|opt out of|withdraw\w*",
            r"marketing|processing|consent|profiling",
            gap=50,
        ),
        near(r"(?:article|section) (?:17|21)\b", r"gdpr|data|eras\w+|delet\w+", gap=80),
        near(r"(?:art|under) (?:17|21)\b", r"gdpr|data|eras\w+|delet\w+", gap=80),
        r"right to (?:be forgotten|erasure)",
        r"leave (?:me|us|her|him) (?:alone|in peace|be)\b",
        r"(?:lose|forget) (?:my|this|our) (?:e-?mail|mail|address|number)",
        r"(?:let|make) (?:\w+ ){1,4}(?:be )?(?:the|my) last(?: one)?\b",
        r"(?:cancel|end|terminate|discontinue) (?:my|the|this|our) (?:subscription|newsletter|e-?mails?|mailings?)",
        r"end (?:this|the|my|our) subscription|off (?:your|the|this) (?:mailing |e-?mail |distribution |newsletter )?list",
    ),
    words=(
        r"\bunsubscrib\w*|\bunsubcribe\b|\bunsuscribe\b|\bunsubscibe\b|\bun-subscribe",
        r"take (?:me|us) off(?:,? please|,? thanks?(?: you)?)?\W*$",
        r"opt[ -]out|optout|opt me out",
        r"(?:stop|quit|cease) (?:sending|e-?mailing|mailing|contacting|writing|spamming|these|this|with (?:the|these)|all)",
        r"no (?:more|further) (?:e-?mails?|mails?|newsletters?|messages|contact|correspondence|spam)",
        r"(?:do not|don'?t|never|not) (?:\w+ )?(?:e-?mail|contact|write(?: to)?|mail|send|message|bother)(?: (?:to )?me| us| this| any| your| these| anything)",
        r"(?:do not|don'?t|no longer) (?:want|wish|would like|care) (?:to )?(?:receive|get|hear|be (?:contacted|on|e-?mailed)|your (?:e-?mails?|newsletters?|messages)|these|any more)",
        r"(?:rather|prefer) not (?:to )?(?:hear|receive|get|be contacted)",
    ),
    alone=(
        r"stop(?: it| now| this)*",
        r"unsub\w*(?: me| now)?",
        r"remove(?: me)?",
        r"opt[ -]?out",
        r"no more",
        r"enough",
        r"cancel",
        r"out",
        r"(?:no|not interested|no thanks?),? (?:please )?(?:remove|unsubscribe|stop)(?: me)?",
        r"delete(?: me)?",
        r"take me off",
    ),
    unsure=(
        r"weekly is (?:a lot|too much)|any chance of (?:once|less)",
        r"less (?:often|frequent\w*|regular\w*|mail|e-?mail)\b|(?:fewer|not (?:quite )?so many|not so much) (?:\w+ )?(?:e-?mails?|mails?|newsletters?|messages|of (?:these|them))",
        near(
            r"(?:every|each|once a|twice a|per|a) (?:week|day|month|fortnight)|weekly|daily",
            r"too (?:much|many|often)|a (?:bit|little|lot) (?:much|often)",
            gap=30,
        ),
        near(
            r"(?:once|twice|four times) (?:a|per) (?:month|quarter|year)|monthly|quarterly",
            r"possible|enough|instead|rather|prefer|do\b|be fine",
            gap=40,
        ),
        near(
            r"(?:only|just)\b",
            r"(?:want|interested in|receive|get|send me|need|care about|hear about)\b",
            r"(?:news|newsletters?|e-?mails?|updates|invit\w+|courses?|workshops?|events?|offers|tips|invoices)\b",
            gap=25,
        ),
        r"(?:not|no) interest(?:ed)?(?: \w+){0,5}$|(?:not interested|no interest|no need|nothing for us|not relevant|not looking)[^.!?\n]{0,30}(?:moment|present|now|time being|thank|right now|currently)|(?:currently|at the moment|at present|right now)[^.!?\n]{0,20}(?:not interested|no (?:need|interest)|not looking)",
        near(
            r"(?:where|how) (?:did|do|have) you (?:get|got|find|found|come by|come across|obtain\w*|have)",
            r"(?:my|our) (?:\w+ )?(?:address|e-?mail|name|contact|details|data)",
            gap=20,
        ),
        r"who (?:are you|is this)\b|wrong (?:person|recipient|man|woman|address)[^.!?\n]{0,10}$|(?:you|'ve|have)(?: have)? (?:got )?the wrong (?:person|address|recipient|man|woman|lady|guy|\w+)\W*$|(?:not|isn'?t) (?:the|for) (?:right )?(?:person|me)\b",
        r"(?:pause|suspend|snooze)\b[^.!?\n]{0,30}" + _MAIL,
    ),
    denied=(
        r"(?:from|off|out of) (?:the |that |this |your )?(?:\w+ )?(?:picture|photo|calendar|booking|meeting|course|group|chat|rota|schedule|cc)\b",
        r"(?:if|should|unless) you (?:\w+ ){0,3}(?:wish|want|like|prefer|no longer|receive)\b",
        r"(?:do not|don'?t|not|never|didn'?t|did not|haven'?t|won'?t|wouldn'?t) (?:want to |wish to |mean to |going to |want you to |ever |you dare |please )*(?:unsubscrib\w*|opt out|remov\w+|tak(?:e|ing) (?:me|us)|stop (?:sending|these|e-?mailing|writing|mailing|the)|delet\w+|drop|strike)",
        r"(?:how|where|why|what|did|has|have|can|could|would|should|will|do|does) (?:i|you|we|one|people|they|my|he|she|our|customers?|someone|somebody|readers)\b.{0,60}unsubscrib\w*.{0,60}\?",
        r"(?<!need to )(?<!don't )(?<!not )(?<!you )(?:keep|continue) (?:sending|them coming|writing|it up)",
        r"(?:unsubscribe|opt-?out) (?:links?|pages?|buttons?|rates?|functions?|headers?|forms?|features?|requests?|lines?|text)\b(?![^.!?\n]{0,60}(?:does ?n[o']t work|broken|error|fail\w*|dead|nothing)[^.!?\n]{0,60}(?:please|remove|take))",
        r"unsubscribe (?:him|her|them|my (?:colleague|boss|wife|husband|friend)|(?:\w+ )?(?:customers|users|members|people|subscribers))",
        r"(?:can'?t|don'?t) stop (?:laughing|reading|thinking)",
        r"(?:i|we)(?:'ve| have|'d| had)? (?:just |finally |recently |already |also |now )*unsubscribed from (?!you|this|it|all)",
        r"(?:unsubscribed|clicked|pressed|hit)[^.!?\n]{0,40}(?:accidentally|by (?:mistake|accident))|(?:accidentally|mistakenly) (?:\w+ )?(?:unsubscribed|clicked|opted)",
        r"(?:remove|delete|take|drop|strike)\b[^.!?\n]{0,20} (?:second|first|third|last|item|items|line|position|point|row|product|chair|table) [^.!?\n]{0,30}(?:offer|quote|order|list|estimate|invoice)",
    ),
    stays=(
        r"(?:have|'ve|has) changed (?:my |our )?(?:e-?mail|mail|address)|the old (?:one|address)",
        r"(?:to|use) my new (?:e-?mail |mail )?address|(?:change|update) my (?:e-?mail |mail )?address|new address (?:is|instead)",
        r"put (?:me|us) back|(?:add|sign) (?:me|us) (?:back|again)|resubscribe|subscribe me again",
        r"(?:yours|this one|your (?:newsletter|letter|e-?mails?|mails?)) (?:is|are|was|were) (?:the only|one of the|staying|a keeper)|(?:only one|one of the few) (?:i|we|that i|that we) (?:keep|kept|read|actually read|still read)",
        near(
            r"(?:one of (?:our|my)|a|an|some|several|our|my) (?:\w+ )?(?:customers?|clients?|members?|colleagues?|subscribers?|readers?|users?|parents?)\b",
            r"wants?|asks?|asked|asking|would like|wish\w*|keeps?|gets?|told|trying|complain\w*|can|could",
            gap=30,
        ),
        near(
            r"(?:how|where|which|what)\b",
            r"(?:unsubscribe|remove|take) (?:someone|somebody|people|a (?:customer|member|person|reader|subscriber)|them|him|her)\b",
            gap=40,
        ),
        r"(?:do not|don'?t|please don'?t|never) (?:you dare |ever )?(?:take|remove|delete|drop|strike|unsubscribe) (?:me|us)\b",
    ),
    later=(r"then\b(?! (?:please|take|remove|stop))",),
)
