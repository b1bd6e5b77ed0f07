"""Spanish."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, near

_MAIL = r"(?:correos?|e-?mails?|mails?|mensajes?|boletín|boletines|newsletters?|publicidad|propaganda|comunicaci\w+|envíos?|información|ofertas|spam|cartas|encuestas|promociones|avisos|recordatorios|nada)\b"
_LISTS = r"(?:listas?|base(?:s)?(?: de datos)?|registros?|mailing|suscripci\w+|boletín|boletines|newsletter|difusión|envíos|contactos|archivos?|fichero|agenda|sistema|cadena)\b"
_REMOVE_ME = r"(?:borr|quit|elimin|saqu|sac|retir|tach|suprim|desuscrib|exclu)[a-záéíóú]*(?:me|nos)\b|(?:me|nos) (?:borr|quit|elimin|saqu|sac|retir|tach|suprim|exclu)\w+|(?:borr|quit|elimin|retir|tach|suprim|saqu)\w+ (?:\w+ )?(?:mi|mis|nuestro|nuestra|este|esta|su|la|el) (?:nombre|direcci[oó]n|correo|e-?mail|mail|cuenta|contacto|datos)|(?:borr|quit|elimin|retir|tach|suprim|saqu)\w+ @"

WORDS = OptOutWords(
    requests=(
        near(
            r"no (?:me|nos|le|les) sig\w+",
            r"(?:llegando|enviando|mandando|escribiendo|contactando)",
            gap=8,
        ),
        near(
            r"(?:ya no|no) (?:hace|hará|es|sería|tiene) (?:falta|necesario|necesidad|sentido)",
            r"(?:escrib\w+|env[ií]\w+|mand\w+|sig\w+|recib\w+|contact\w+)",
            gap=30,
        ),
        near(
            r"(?:podéis|pueden|puede|puedes|podrían|podríais|podría)",
            r"(?:quitar|borrar|eliminar|sacar|retirar|tachar)",
            r"(?:lista|boletín|envíos|mailing|base|contactos|registro\w*)",
            gap=20,
        ),
        near(
            r"(?:si me (?:llega|mandan|envían|escriben)|al próximo|a la próxima|otro correo|el próximo)",
            r"denunci\w*|agencia|protección de datos|abogad\w+|aepd|spam|queja|reclam\w+",
            gap=90,
        ),
        near(_REMOVE_ME, r"(?:de|del) (?:\w+ ){0,3}" + _LISTS, gap=40),
        r"(?:borr|quit|elimin|saqu|sác|sáqu|tách)[a-záéíóú]*(?:me|nos)\b (?:de (?:ahí|aquí|esto|todo|esa|esta|su|tu|vuestr\w+|la|el|una vez)|por favor|ya)",
        r"(?:dar(?:me|nos)|dame|denme|deme|dadme|dennos|(?:me|nos) (?:dé|den|das|dais|deis|podéis dar|puede dar|pueden dar|puedes dar))(?: \w+){0,2} (?:de )?baja\b|(?:causar|tramit\w+|solicito|solicitamos|pido|quiero|deseo|quisiera|ruego|querría|solicitar) (?:que )?(?:me |la |mi |nos |el |una )*(?:dé |den |dar |darme )?(?:de )?baja\b",
        near(
            r"no (?:deseo|quiero|queremos|deseamos|quisiera|necesito|nos interesa|me interesa|me interesan|los quiero|las quiero|la quiero)",
            r"(?:recib\w+|más|sus?|vuestr\w+|que me|estos?|estas?)",
            _MAIL + r"|escrib\w+|contact\w+|env[ií]\w+|mand\w+",
            gap=30,
        ),
        near(
            r"(?:prefiero|prefería|preferiría|le agradecería|agradecería|ruego|pido|pediría)(?: \w+){0,3} (?:que )?no",
            r"(?:escrib\w+|env[ií]\w+|mand\w+|contact\w+|recib\w+|sig\w+|volv\w+)",
            gap=25,
        ),
        near(
            r"(?:no|nunca) (?:me|nos|le) (?:\w+ )?(?:envíen?|envíe\w*|escrib\w+|mand\w+|contact\w+|env[ií]es|sig\w+ escrib\w+|vuelvan? a|volváis a|vuelvas a)",
            r"más\b|nada\b|nunca\b|jamás\b|escrib\w+|env\w+|mand\w+|contact\w+|" + _MAIL,
            gap=20,
        ),
        near(
            r"(?:dejen?|dejad|deja|paren|pare|para|basta|cesen|ces\w+|detengan|detener)",
            r"(?:de|con|ya|el|los|las)",
            r"(?:enviar|mandar|escribir|contactar|molestar|llegar)\w*|" + _MAIL,
            gap=15,
        ),
        near(
            r"(?:no|ni) (?:quiero |deseo )?(?:un|una|ningún|recibir)?(?: \w+)? ?más", _MAIL, gap=8
        ),
        near(r"ni un(?:a|o)?", _MAIL, r"más", gap=8),
        near(
            r"(?:el|la) (?:próxim\w+|siguiente)|una más|otro más|uno más",
            r"denunci\w*|agencia|protección de datos|abogad\w+|aepd|spam|queja|reclam\w+",
            gap=60,
        ),
        near(
            r"(?:supresión|suprim\w+|elimin\w+|borr\w+|cancelación)",
            r"(?:datos|información)(?: personal\w*)?",
            gap=50,
        ),
        near(
            r"(?:me opongo|oposición|revoc\w+|retir\w+)",
            r"(?:tratamiento|consentimiento|comercial\w*|marketing|publicidad)",
            gap=60,
        ),
        near(
            r"(?:artículo|art\.?) (?:17|21)|derecho (?:de|a la) (?:supresión|oposición|olvido)",
            r"rgpd|datos|supresión|oposición|aepd",
            gap=80,
        ),
        near(r"(?:cese|cesar|cesen)", r"comunicaci\w+|envíos?|publicidad|correos", gap=30),
        r"(?:déjen|dejad|déj|deje|déja|dejen)(?:me|nos|a)(?: \w+)? en paz",
        near(
            r"(?:tach|borr|quit|elimin|suprim|retir)\w+",
            r"mi (?:nombre|direcci[oó]n|correo|e-?mail)",
            gap=15,
        ),
        r"desuscri\w*me|desapúnt\w+|desapunt\w+(?:me|nos)|desuscríb\w+|me (?:quiero |gustaría )?desuscrib\w+|cancel\w+ (?:\w+ ){0,2}(?:suscripción|boletín|newsletter|envíos?)",
        near(
            r"no (?:quiero|deseo) (?:estar|seguir|aparecer|figurar)",
            r"lista|base|suscri\w+|recib\w+|boletín",
            gap=30,
        ),
        near(
            r"nada más|no llegara nada|nada (?:suyo|vuestro)",
            r"(?:a|en|de) (?:este|esta|ustedes|vosotros|su parte|correo|dirección)",
            gap=25,
        ),
    ),
    words=(
        r"(?:solicito|pido|tramit\w+|quiero|deseo)(?: \w+){0,2} baja\b",
        r"la baja (?:de|del|en) (?:\w+ ){0,2}(?:lista|boletín|newsletter|suscripción|correo\w*|envíos|mailing)\b",
        r"(?:dar(?:me|nos)?|dame|denme|deme|darse|dé)(?: por favor)? de baja\b",
        r"\bbaja\b(?: por favor)?\W*$",
        r"desuscri\w*|desuscripción|cancelar (?:la |mi )?suscripción|cancelen mi",
        r"no (?:deseo|quiero|queremos|me interesa) (?:más |seguir |volver a )?(?:recib\w+|sus|más (?:correos|mensajes|e-?mails))",
        r"(?:no|nunca) (?:me|nos) (?:envíen?|escrib\w+|mand\w+|contact\w+|env[ií]es)(?: \w+)?(?: más)?",
        r"(?:elimin|borr|quit|retir|saqu|sáca|bórra|elimín|quít|retír)\w*\b.{0,30}\b(?:listas?|correos?|e-?mail|base|registros?|mailing|suscripci\w+|boletín|direcci[oó]n|newsletter)\b",
        r"(?:dejen?|paren|deje) de (?:enviar|mandar|escribir|contactar)\w*",
        r"no más (?:correos|mensajes|e-?mails)",
        r"(?:desapunt|borr)\w+ (?:\w+ ){0,3}(?:lista|boletín|newsletter)",
    ),
    alone=(
        r"baja",
        r"(?:dar(?:me|se)? de )?baja",
        r"no más",
        r"basta(?: ya)?",
        r"stop",
        r"cancelar",
        r"eliminar",
        r"desuscribir(?:me|se)?",
        r"quítenme",
        r"bórrenme",
        r"unsubscribe",
        r"fuera",
        r"no quiero más",
        r"bórrame",
    ),
    unsure=(
        near(
            r"un(?:o)? (?:correo|mensaje|boletín)? ?cada",
            r"(?:dos|tres|mes|meses|trimestre)",
            gap=15,
        ),
        r"(?:menos (?:a menudo|frecuencia|frecuente\w*|veces|correos|mensajes|e-?mails)|con menos frecuencia|más espaciad\w+)",
        near(
            r"(?:cada|todas las|a la|por|al) (?:semanas?|días?|mes)|semanal\w*|diari\w*",
            r"demasiad\w*|mucho|excesiv\w*",
            gap=30,
        ),
        near(r"(?:demasiad\w+|muchos)", _MAIL, gap=10),
        near(
            r"una vez al (?:mes|trimestre|año)|mensual\w*|trimestral\w*",
            r"posible|suficiente|mejor|prefer\w*|pod\w+|basta\w*",
            gap=40,
        ),
        near(
            r"(?:solo\b|sólo\b|solamente|únicamente)",
            r"(?:recib\w+|interes\w+|quiero|me mand\w+|envi\w+|lo de|los de|las de)",
            gap=40,
        ),
        near(
            r"(?:por el momento|de momento|por ahora|actualmente|ahora mismo|en este momento)",
            r"no (?:nos|me|estamos|estoy|tenemos)? ?(?:interes\w+|necesi\w+|hace falta)",
            gap=30,
        ),
        near(
            r"no (?:nos|me|estamos|estoy)? ?interes\w+",
            r"(?:por el momento|de momento|por ahora|actualmente|gracias|ahora)",
            gap=30,
        ),
        near(
            r"(?:cómo|de dónde|dónde|quién)",
            r"(?:han?|habéis|has|sac\w+|consigui\w+|obtuv\w+|tienen?|encontr\w+|dio)",
            r"direcci[oó]n|correo|datos|contacto|e-?mail|mail",
            gap=40,
        ),
        r"quién(?:es)? (?:es usted|eres|son|sois)|persona equivocada|(?:se|te|os) (?:ha|has|han|habéis) (?:equivocado|confundido)|(?:equivoc|confund)\w+ de (?:persona|dirección|destinatario)|no soy (?:la persona|el|la) ",
    ),
    denied=(
        r"a (?:él|ella|ellos|ellas)\b",
        r"(?:de la|del|de su) (?:foto|calendario|reunión|curso|grupo|taller)\w*",
        r"si (?:usted )?(?:no )?(?:desea|quiere|quieres|deseas|prefiere)|para dar(?:se|te) de baja",
        r"parte de baja|se (?:da|dio|han dado|dan) de baja (?:de|en) (?:la|el|los|las) (?!lista|bolet|newsletter|env)",
        r"(?:cómo|dónde|por qué|puedo|podemos|se puede|pueden)\b.{0,60}(?:baja|desuscri).{0,40}\?",
        r"no (?:quiero|deseo|pienso|voy a) (?:dar(?:me|se)|causar|desuscrib\w+) ?(?:de )?(?:baja)?",
        r"no (?:me|nos) (?:borr|quit|elimin|saqu|tach|retir|d[eé]is? de baja|den de baja|desapunt)\w*",
        r"estoy de baja|de baja (?:médica|laboral|por|hasta|maternal|temporal)|baja (?:médica|laboral|maternal|por enfermedad)",
        r"(?:me he|nos hemos|me) (?:dado|di) de baja (?:de (?!su|vuestr|este|esta)|en (?!su|vuestr))",
        r"(?:enlace|link|botón|página|formulario) (?:de|para|que) [^.!?\n]{0,12}(?:baja|desuscri\w*)",
        r"(?:quitar|eliminar|borrar|quite|elimine|quita|quitad|quiten) (?:la|el|los|las) (?:\w+ )?(?:línea|partida|artículo|punto|segund\w+|primer\w+|tercer\w+|producto|silla|mesa|bici\w*|pieza)",
        r"(?:clientes?|compañer\w+|socios|colegas?|alumnos)\b[^.!?\n]{0,40}(?:de baja|desuscri)",
    ),
    stays=(
        r"he cambiado de (?:correo|direcci[oó]n|cuenta)|la (?:direcci[oó]n )?antigua",
        r"(?:a|en) mi nueva (?:direcci[oó]n|cuenta)|(?:cambi\w+|actualiz\w+) mi (?:direcci[oó]n|correo)|nueva direcci[oó]n es",
        r"con (?:el vuestro|la vuestra|el suyo) no\b|(?:boletín|correos) de otr[oa]\b",
        r"(?:el vuestro|la vuestra|el suyo|el tuyo|vuestro boletín)\b[^.!?\n]{0,40}(?:dejado|quedo|queda|único|única|sigo|leo)|(?:el|la) únic[oa] que (?:leo|dejo|guardo|conservo)",
        near(
            r"(?:un|una|unos|varios|uno de|una de|mi|mis|nuestros?)(?: nuestr\w+)?",
            r"(?:clientes?|clienta|compañer\w+|soci[oa]s?|lectora?|lectores|suscriptora?|alumn\w+|colegas?|vecin\w+|padre|madre|persona|señora?)\b",
            r"(?:querido|quiso|quiere\w*|pide\w*|pid\w+|dice\w*|desea\w*|solicita\w*|baja|borrar\w*|insiste)",
            gap=30,
        ),
        near(
            r"(?:cómo|dónde)",
            r"(?:doy|damos|se da|hacéis|haces|le das|borro|quito)",
            r"(?:baja|alguien|lista|programa|gente|un (?:socio|cliente))",
            gap=40,
        ),
    ),
    later=(r"entonces\b|a partir de (?!ahora|ya|hoy)",),
)
