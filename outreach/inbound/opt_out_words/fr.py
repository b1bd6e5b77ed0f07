"""French."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, any_order, near

_REMOVE = r"(?:retir\w+|enlev\w+|supprim\w+|ôt\w+|ray\w+|radi\w+|effac\w+|sort\w*|vir\w+|désabon\w*|désinscri\w*)"
_ME = r"(?:moi|nous|me|m)\b|(?:mon|ma|mes|notre|nos|son|cette|cet)\b (?:\w+ )?(?:nom|adresse|mail|e-?mail|coordonnées|contact|courriel)|@"
_LISTS = r"(?:listes?|fichiers?|base|bases|newsletters?|lettres?|infolettres?|mailings?|diffusion|envois?|registres?|abonnés|destinataires|carnet|tablettes|contacts)\b"
_MAIL = r"(?:mails?|e-?mails?|courriels?|messages?|newsletters?|lettres?|infolettres?|publicités?|pubs?|prospection|sollicitations?|envois?|spams?|offres|courriers?|relances|communications?|sms|enquêtes)\b"
_SEND = r"(?:m'|me |nous |lui )?(?:envoy\w+|écri\w+|contact\w+|adress\w+|relanc\w+|sollicit\w+|démarch\w+|importun\w+|harcel\w+|spamm\w+)"

WORDS = OptOutWords(
    requests=(
        near(
            r"(?:inutile|pas la peine|plus la peine|pas nécessaire|plus nécessaire|pas besoin|plus besoin)",
            r"(?:m'|me |nous |en |d')*(?:écri\w+|envoy\w+|adress\w+|contact\w+|relanc\w+)",
            gap=30,
        ),
        near(
            r"(?:si je reçois|au prochain|à la prochaine|le prochain|la prochaine|encore un)",
            r"cnil|plainte|signal\w+|avocat|indésirable|spam|justice",
            gap=90,
        ),
        near(
            r"(?:pourriez|pouvez|peux|pourrais|pourrait)(?:-vous| vous|-tu)?",
            r"(?:m'|me |nous )?(?:enlever|retirer|supprimer|rayer|ôter|désab\w*|désinscri\w*|sortir)",
            r"(?:liste|newsletter|envoi\w*|mailing|fichier|destinataires|abonné\w*)",
            gap=25,
        ),
        near(_REMOVE, _ME, r"(?:de|des|du|d)\b[^.!?\n]{0,20}" + _LISTS, gap=30),
        near(_ME, _REMOVE, r"(?:de|des|du|d)\b[^.!?\n]{0,20}" + _LISTS, gap=30),
        near(
            r"(?:me |m'|nous |l'|le |la )(?:retir|enlev|supprim|ôt|ray|radi|effac)\w+",
            r"(?:de|des|d')[^.!?\n]{0,20}" + _LISTS,
            gap=30,
        ),
        r"(?:retirez|enlevez|supprimez|rayez|radiez|ôtez|effacez|sortez|retire|enlève|supprime)(?:-| )(?:moi|nous)\b",
        r"(?:désab\w*|désinscri\w*)(?:-| )?(?:moi|nous)\b|(?:me |m'|nous )(?:désab\w*|désinscri\w*)",
        r"(?:merci de|veuillez|prière de|svp|s'il vous plaît|je (?:souhaite|veux|voudrais|désire|demande))[^.!?\n]{0,30}\b(?:désab\w*|désinscri\w*|désincri\w*)",
        near(
            r"(?:ne|n)['\s](?:plus|pas|jamais|veux plus|souhaite plus|souhaitons plus|désire plus|voudrais plus|voulons plus|tiens plus|veut plus)|plus",
            r"(?:rien |m'|me |nous |lui |être |en |de |vos |d')*(?:recevoir|reçoive|contactée?s?|écrire|envoyer|adresser|sollicitée?s?|relancée?s?|importunée?s?|dérangée?s?)",
            gap=20,
        ),
        near(
            r"(?:ne|n) ?(?:m'|me |nous |lui |'m')?(?:envoyez|écrivez|contactez|écris|contacte|adressez|relancez|sollicitez|sollicite|envoie)",
            r"plus|jamais|pas",
            gap=12,
        ),
        near(
            r"(?:cess\w+|arrêt\w+|stopp\w+|finissez|assez)",
            r"(?:de |d'|les |vos |ces |toute?s? |tout |avec |moi )+(?:m'|me |nous )?",
            _SEND + "|" + _MAIL,
            gap=3,
        ),
        near(r"(?:plus|pas) (?:jamais )?(?:de|d'autres?|d')|aucune?|sans", _MAIL, gap=8)
        + r"(?=[^.!?\n]{0,60}(?:plus|svp|s'il|merci|de votre part|de vous|désormais|à l'avenir|$|[.!\n]))",
        near(
            r"(?:préfér\w+|aimer\w*|voudr\w+|souhait\w+)",
            r"ne (?:plus|pas)",
            r"recevoir|être|en\b",
            gap=25,
        ),
        near(r"(?:ne plus|plus) (?:rien )?", r"(?:envoyer|adresser|recevoir|écrire)", gap=10),
        near(
            r"(?:plus rien|ne veux plus|veux plus)",
            r"(?:recevoir|de vous|de votre part|entendre|de vos)",
            gap=20,
        ),
        near(
            r"(?:effac\w+|suppr\w+|effacement|suppression)",
            r"(?:données|informations|coordonnées)",
            gap=50,
        ),
        near(
            r"(?:m'oppos\w+|oppose|opposition|retir\w+|révoqu\w+)",
            r"(?:prospection|consentement|traitement|démarchage|utilisation)",
            gap=60,
        ),
        near(
            r"(?:article|art\.?) (?:17|21)|droit (?:à l'effacement|d'opposition|à l'oubli)",
            r"rgpd|données|cnil|effac\w+|oppos\w+",
            gap=80,
        ),
        r"(?:fichez|foutez|laissez|fiche|fous|laisse)(?:-| )(?:moi|nous) (?:\w+ )?(?:la paix|tranquilles?|en paix)",
        near(
            r"(?:encore un|un seul|un autre|la prochaine|une fois de plus|le prochain)",
            r"cnil|plainte|signal\w+|avocat|porte plainte|indésirable",
            gap=60,
        ),
        near(
            r"(?:résili\w+|annul\w+|mettre fin|mettez fin|arrêt\w*|stopp\w*)",
            r"(?:abonnement|inscription|newsletter|lettre)",
            gap=30,
        ),
        *any_order(
            r"(?:ray|retir|enlev|supprim|effac)\w+",
            r"mon (?:nom|adresse|mail|e-?mail|contact)|mes coordonnées|cette adresse",
            gap=25,
        ),
    ),
    words=(
        r"(?:cesser|arrêter|arrête)(?: \w+)? (?:de |d')(?:m'|me |nous )?(?:envoyer|écrire|contacter|adresser)",
        r"désab\w*|désinscri\w*|désincri\w*|desabo\w*",
        r"(?:me |m'|nous )(?:retirer|enlever|supprimer|ôter|rayer|radier)(?![a-z])",
        r"(?:retirez|enlevez|supprimez|rayez|radiez|ôtez|retire|enlève|supprime|retirer|supprimer|enlever|rayer|radier)(?:-| )(?:moi|nous|mon|mes|notre|nos|cette)\b",
        r"ne (?:plus|pas|veux plus|souhaite plus|désire plus|voudrais plus)(?: \w+){0,3} (?:recevoir|être contactée?|m'écrire|m'envoyer|me contacter|vos|écrire|contacter)",
        r"ne (?:m'|me |nous )?(?:envoyez|écrivez|contactez|écris|contacte) (?:plus|pas)",
        r"(?:cessez|arrêtez|stop)(?: \w+){0,2} (?:de |d'|vos|ces|les|aux?)?(?:m'|me |nous )?(?:envoyer|écrire|mails?|e-?mails?|courriels?|envois|contacter)",
        r"plus (?:de|aucun) (?:mails?|e-?mails?|courriels?|messages?|newsletters?|pubs?|publicités?)",
        r"(?:résili|annul|arrêt)\w+ (?:\w+ ){0,3}(?:abonnement|inscription|newsletter)",
    ),
    alone=(
        r"stop(?: svp| merci| pubs?| mails?| newsletters?)*",
        r"désab\w*(?:[ -]moi)?",
        r"désinscri\w*(?:[ -]moi)?",
        r"supprimer",
        r"retirez[ -]moi",
        r"plus de (?:mails?|pub)",
        r"assez",
        r"ça suffit",
        r"unsubscribe",
        r"résiliation",
        r"se désabonner",
        r"arrêt",
    ),
    unsure=(
        r"(?:vous|tu) (?:me )?(?:confondez|confonds|trompez)",
        near(
            r"(?:ne recevoir que|recevoir seulement|que les (?:dates|annonces|infos))",
            r"(?:les|dates|ateliers|infos|salons|annonces)",
            gap=30,
        ),
        r"le reste ne m'intéresse",
        r"moins (?:souvent|fréquemment|régulièrement|de (?:mails?|messages?|courriels?|newsletters?))|pas aussi souvent",
        near(
            r"(?:chaque|toutes les|par|tous les) (?:semaines?|jours?|mois)|hebdomadaires?",
            r"(?:c'est |est )?(?:trop|un peu trop|beaucoup)",
            gap=30,
        ),
        near(
            r"une fois (?:par|tous les)|mensuel\w*|trimestriel\w*",
            r"possible|suffi\w*|plutôt|préfér\w*|pourr\w*",
            gap=40,
        ),
        near(
            r"(?:seule?s?\b|uniquement|seulement|que (?:ce qui|les|des|vos)|ne (?:\w+ ){0,3}que|ne m'intéresse)",
            r"(?:recevoir|concern\w+|touch\w+|intéress\w+|infos?|actualités|cours|invitations)",
            gap=60,
        ),
        near(
            r"(?:pas|plus) (?:intéressée?s?|besoin|d'actualité|concernée?s?)",
            r"(?:moment|instant|actuellement|merci|aujourd'hui)",
            gap=30,
        ),
        near(
            r"(?:pour le moment|pour l'instant|actuellement|en ce moment)",
            r"pas (?:intéress\w+|besoin|d'actualité|concern\w+)",
            gap=30,
        ),
        near(
            r"(?:comment|où|d'où|par qui)",
            r"(?:eu|trouvé|obtenu|récupéré|tenez|avez|as|vient|connaissez)",
            r"adresse|mail|coordonnées|contact|nom",
            gap=40,
        ),
        r"qui êtes-? ?vous|qui (?:es-tu|est-ce)|(?:trompez?|trompé) de (?:personne|destinataire|adresse)|mauvais(?:e)? (?:personne|destinataire|adresse)|erreur (?:de|sur) (?:destinataire|la personne|personne)|pas la bonne (?:personne|adresse)|n'est pas (?:pour )?moi",
    ),
    denied=(
        r"(?:de la|du|des|de votre) (?:photo|calendrier|réunion|cours|groupe|planning)\w*",
        r"n'(?:arrêt|cess)\w+|ne (?:cess|arrêt)\w+ (?:surtout )?pas",
        r"si vous (?:\w+ ){0,3}(?:souhaitez|voulez|désirez|désirerez)|pour (?:vous|se) (?:désab|désinscri)\w*",
        r"(?:comment|où|pourquoi|peut-on|puis-je|peuvent|peut|faut-il|faut)\b.{0,60}(?:désab|désinscri)\w*.{0,40}\?",
        r"ne (?:\w+ ){0,2}(?:veux|souhaite|compte|vais) (?:surtout )?pas (?:me )?(?:désab|désinscri|vous quitter)\w*",
        r"ne (?:m'|me |nous )(?:enlev|retir|supprim|désab|désinscri|ray|radi|effac)\w+ (?:surtout )?pas|n'(?:enlevez|effacez) pas",
        r"(?:viens|venons|ai|me suis|nous sommes|m'étais) (?:\w+ ){0,3}(?:désab\w*|désinscri\w*) (?:de |des |d'|du )(?!votre|vos|ta|tes|la lettre|cette)",
        r"(?:lien|bouton|page|formulaire) (?:de |d')?\W{0,2}(?:désab\w*|désinscri\w*|se désab\w*)",
        r"(?:supprimer|enlever|retirer|ôter|rayer) (?:la|le|l'|les) (?:\w+ )?(?:ligne|article|poste|chaise|table|étagère|point|produit|deuxième|seconde?|première?|troisième)",
        r"(?:clients?|collègues?|adhérents?|élèves|membres)\b[^.!?\n]{0,40}(?:désab|désinscri)",
    ),
    stays=(
        r"j'ai changé d'adresse|(?:l')?ancienne adresse",
        r"(?:à|sur) ma nouvelle adresse|(?:changer|modifier|remplacer) (?:mon|l') ?adresse|nouvelle adresse (?:est|:)",
        r"(?:la vôtre|le vôtre|la tienne|votre (?:lettre|newsletter))\b[^.!?\n]{0,40}(?:seule?|garde|reste|lis)|continuez comme ça|seule? que je (?:garde|lis|lise)|avec vous au moins",
        near(
            r"(?:un|une|des|nos|notre|mes|ma|mon|plusieurs|l'un|l'une)(?: de nos| de mes)?",
            r"(?:clients?|cliente|collègues?|adhérents?|adhérente|membres?|lecteurs?|lectrice|abonnés?|abonnée|parents|dame|monsieur|patients?)\b",
            r"(?:veut|veulent|arrive|n'arrive|souhaite\w*|demande\w*|réclame\w*|voudrait|désire\w*|aimerait|se désab\w*|désinscri\w*|écrit)",
            gap=30,
        ),
        near(
            r"(?:comment|où)",
            r"(?:fais-tu|fait-on|faire|faites-vous|désabon\w*|désinscri\w*|supprim\w*)",
            r"(?:quelqu'un|les gens|un client|une personne|quand|un abonné|un adhérent)",
            gap=50,
        ),
    ),
    later=(r"(?:alors|à partir d[eu])\b",),
)
