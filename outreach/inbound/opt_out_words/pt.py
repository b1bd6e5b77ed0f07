"""Portuguese."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, near

_MAIL = r"(?:e-?mails?|mails?|mensage(?:m|ns)|newsletters?|boletins?|publicidade|propagandas?|comunica\w+|ofertas|promo\w+|spam|cartas|inquéritos|pesquisas|avisos|correio|correspondência|contactos?|contatos?|nada)\b"
_LISTS = r"(?:listas?|base(?: de dados)?|bases|cadastros?|mailing|newsletters?|registos?|registros?|sistema|contactos|contatos|ficheiros?|inscri\w+|subscri\w+|envios?)\b"
_REMOVE_ME = r"(?:remov|retir|tir|exclu|elimin|apag|risqu|risc|cort)[a-záéíóúãõç]*-(?:me|nos|se)\b|(?:me|nos) (?:remov|retir|tir|exclu|elimin|apag|descadastr)\w+|(?:remov|retir|tir|exclu|elimin|apag|risqu|risc)\w+ (?:\w+ )?(?:o |a |este |esta |esse |os )?(?:meu|minha|meus|nosso|nossa|este|esta|esse|seu) ?(?:nome|e-?mail|endereço|contacto|contato|dados|cadastro|registo)?"

WORDS = OptOutWords(
    requests=(
        r"não (?:me |nos )?volt\w+ a (?:contactar|contatar|escrever|enviar|mandar)",
        near(
            r"(?:já não|não) (?:vale a pena|é preciso|é necessário|precisa\w*|faz sentido|há necessidade)",
            r"(?:escrev\w+|envi\w+|mand\w+|contact\w+|contat\w+|continu\w+)",
            gap=30,
        ),
        r"(?:pode|podem|podes|favor|peço que) (?:apag\w+|elimin\w+|remov\w+|retir\w+|exclu\w+) (?:o |a |os )?(?:nosso|nossa|meu|minha|este|esse)s? (?:contacto|contato|endereço|e-?mail|nome|registo|cadastro|dados)",
        near(
            r"(?:se (?:vier|receber|chegar)|o próximo|à próxima|na próxima|mais um)",
            r"procon|anpd|cnpd|queixa|denunci\w+|denúncia|advogad\w+|reclama\w+|spam|process\w+",
            gap=90,
        ),
        near(
            _REMOVE_ME,
            r"(?:da|de|do|das|dos|desta|dessa|deste|desse|dessas) (?:\w+ ){0,3}" + _LISTS,
            gap=40,
        ),
        r"(?:me )?(?:tir|retir|remov|exclu)\w+(?:-me|-nos)?(?: me)? (?:dessa|desta|da|de|daí|daqui|do|deste|desse)\b[^.!?\n]{0,20}(?:lista|mailing|cadastro|base|aí|aqui|envio|newsletter|$)",
        r"me (?:tira|tire|tirem|remove|remova|exclui|exclua|descadastr\w+) (?:daí|daqui|disso|disto|dessa|desta|da lista|por favor)",
        near(
            r"(?:quero|gostaria de|desejo|pretendo|quer\w+|pedi|peço|favor|pra|para)",
            r"(?:sair|ser removid[oa]|ser retirad[oa]|me descadastrar|cancelar (?:a |minha |o )?(?:inscrição|subscrição|assinatura|cadastro|envio))",
            gap=25,
        )
        + r"(?! com| para| às| do (?:escritório|trabalho|banho)| em )",
        near(
            r"não (?:quero|desejo|pretendo|gostaria de|queremos|tenho interesse em|preciso)(?: mais| continuar a| voltar a)*",
            r"(?:receb\w+|ser contactad\w|ser contatad\w|que me|mais|esses|estas?|estes)",
            _MAIL + r"|\W*$|de vocês|vossos?|mais|escrev\w+",
            gap=30,
        ),
        near(_MAIL, r"não quero (?:mais )?(?:receb\w+)?", gap=30),
        near(
            r"(?:agradecia|agradeço|peço|pedia|solicito|gostaria|prefiro|preferia|preferiria)",
            r"(?:que )?(?:não|deix\w+|par\w+)",
            r"(?:escrev\w+|envi\w+|mand\w+|receb\w+|contact\w+|contat\w+|volt\w+)",
            gap=25,
        ),
        near(
            r"(?:não|nunca) (?:me |nos )?(?:envi\w+|mand\w+|escrev\w+|contact\w+|contat\w+)",
            r"mais\b|nada\b|" + _MAIL,
            gap=15,
        ),
        near(
            r"(?:parem?|pare|deixem?|deixar|chega|cessem|basta|cessar|interromp\w+)\b",
            r"(?:de|com|já)",
            r"(?:me )?(?:envi\w+|mandar|escrever|contactar|contatar|encher)|" + _MAIL,
            gap=15,
        ),
        r"(?:chega|sem|nenhum|nem) (?:de |um |uma )?(?:mais )?(?:e-?mails?|mensagens|newsletters?|propagandas?|spam)",
        near(
            r"(?:mais um|mais uma|o próximo|outro|se vier|se receber)",
            r"procon|anpd|cnpd|queixa|denunci\w+|denúncia|advogad\w+|reclama\w+|spam|process\w+",
            gap=60,
        ),
        near(
            r"(?:apagamento|apag\w+|eliminação|elimin\w+|exclusão|exclu\w+|remoção)",
            r"(?:dados|informações)(?: pessoais)?",
            gap=50,
        ),
        near(
            r"(?:me oponho|oponho-me|oposição|revog\w+|retir\w+)",
            r"(?:tratamento|consentimento|marketing|publicidade|autorização)",
            gap=60,
        ),
        near(
            r"(?:artigo|art\.?) ?(?:17|18|21)|direito (?:ao|de) (?:apagamento|esquecimento|oposição|eliminação)",
            r"rgpd|lgpd|dados|apag\w+|eliminação",
            gap=80,
        ),
        r"(?:deixem-me|deixa-me|me deixem?|deixe-me|me deixa) em paz",
        near(
            r"(?:risqu|remov|retir|tir|exclu|apag|elimin)\w+",
            r"(?:o )?meu (?:nome|e-?mail|endereço|contacto|contato|cadastro)",
            gap=15,
        ),
        near(
            r"(?:cancel|anul|encerr)\w+",
            r"(?:inscrição|subscrição|assinatura|cadastro|newsletter|registo|envio)",
            gap=25,
        ),
        r"descadastr\w+|desinscre\w+|desinscri\w+|(?:me )?desinscrev\w+",
    ),
    words=(
        r"(?:quero|gostaria de|desejo|pretendo) (?:sair|ser removid[oa]|ser retirad[oa])",
        r"(?:cancelar|cancelem|cancele|anular|remover|remova|anulem)(?: \w+)? (?:a |minha |meu |a minha |o meu )?(?:\w+ )?(?:inscrição|subscrição|assinatura|cadastro|e-?mail|registo|nome|endereço)",
        r"descadastr\w+|desinscre\w+|desinscrição",
        r"não (?:quero|desejo|pretendo|gostaria de|queremos) (?:mais |continuar a )?(?:receb\w+|ser contactad\w|ser contatad\w)",
        r"(?:não|nunca) (?:me |nos )?(?:envi\w+|mand\w+|escrev\w+|contact\w+|contat\w+)(?: mais| me| \w+ mais)",
        r"(?:remov\w+|retir\w+|tir[aeio]\w*|exclu\w+|elimin\w+)(?:-me| me|-nos)?\b.{0,40}(?:lista|base|mailing|lista de|cadastro|contactos|contatos)",
        r"(?:parem?|deixem?) de (?:me )?(?:envi\w+|mandar|escrever|contactar)",
        r"(?:chega|sem) (?:de )?mais e-?mails",
        r"dispenso (?:este|estas|esse|mais)",
    ),
    alone=(
        r"sair",
        r"cancelar",
        r"remover",
        r"parar",
        r"stop",
        r"pare(?:m)?",
        r"chega",
        r"descadastrar",
        r"anular",
        r"basta",
        r"excluir",
        r"unsubscribe",
        r"me tira",
        r"remova",
        r"cancele",
        r"não quero mais",
    ),
    unsure=(
        r"(?:mandar|enviar|receber) menos\b|(?:todo dia|toda semana) é demais|(?:não deve ser|não é) para mim\b",
        r"(?:menos (?:vezes|frequ\w+|e-?mails|mensagens)|com menos frequência|mais espaçad\w+)",
        near(
            r"(?:toda|todas as|por|cada|todos os|ao) (?:semanas?|dias?|mês)|semana(?:l|is)",
            r"demais|demasiad\w*|muito|muita",
            gap=30,
        ),
        near(r"(?:muitos|demasiados)", _MAIL, gap=10),
        near(
            r"uma vez por (?:mês|trimestre|ano)|mensa(?:l|is)|trimestra(?:l|is)",
            r"possível|chega\w*|basta\w*|melhor|prefer\w*|pod\w+|dá",
            gap=40,
        ),
        near(
            r"(?:só(?! (?:you|i|we|the|it|they|that|if|far|much|what|how|many)\b)|somente|apenas)\b",
            r"(?:receb\w+|interess\w+|mand\w+|envi\w+|o que|as de|os de)\b",
            gap=30,
        )
        + r"[^.!?\n]{0,40}(?:\?|resto|interess\w+|serve)",
        near(
            r"(?:de momento|no momento|por agora|por enquanto|atualmente|neste momento|para já)",
            r"não (?:estamos|estou|temos|tenho|há)? ?(?:interess\w+|precis\w+|necessi\w+)",
            gap=30,
        ),
        near(
            r"não (?:estamos|estou|temos|tenho)? ?interess\w+",
            r"(?:de momento|no momento|por agora|por enquanto|obrigad\w|neste momento|para já)",
            gap=30,
        ),
        near(
            r"(?:como|de onde|onde|quem)",
            r"(?:conseguiram|conseguiu|obtiveram|arranjaram|têm|tem|pegaram|acharam|deu|arranjou)",
            r"e-?mail|endereço|contacto|contato|dados|mail",
            gap=40,
        ),
        r"quem (?:são vocês|é você|são|é o senhor|é a senhora|está)\b|pessoa errada|(?:enganaram|enganou|engano)[^.!?\n]{0,20}(?:pessoa|endereço|destinatário)|não sou (?:a pessoa|o|a) |endereço errado",
    ),
    denied=(
        r"(?:cancelei|descadastrei|desinscrevi|saí d)\w*",
        r"(?:da|do) (?:foto|calendário|reunião|curso|grupo|oficina)\w*",
        r"(?:se|caso) (?:não )?(?:deseja|desejar|quiser|quer|pretende)|para (?:cancelar|deixar de)",
        r"(?:como|onde|porque|por que|posso|podem|dá para|dá pra)\b.{0,60}(?:cancel|descadastr|remov|desinscr).{0,40}\?",
        r"não (?:quero|desejo|pretendo|vou) (?:me )?(?:cancelar|descadastrar|desinscrever|sair)",
        r"não (?:me |nos )?(?:tir|retir|remov|exclu|apag|risqu)\w+ (?:da|desta|dessa|de)",
        r"(?:me descadastr(?:ei|ando)|descadastrando|cancelei (?:a )?(?:inscrição|subscrição)|desinscrevi-me|me desinscrevi) (?:de|da|do|em|na|no)\b(?! vocês| vossa| sua)",
        r"(?:link|botão|página|formulário) (?:de|para|\W{0,2})\W{0,2}(?:cancel\w*|descadastr\w*|remoção|anular|sair)",
        r"(?:tirar|remover|retirar|eliminar|tire|remova|retire) (?:a|o|as|os) (?:\w+ )?(?:linha|item|artigo|ponto|segund\w+|primeir\w+|terceir\w+|produto|cadeira|mesa|poltrona|sofá)",
        r"(?:clientes?|colegas?|sócios|alunos)\b[^.!?\n]{0,40}(?:descadastr|cancelar a (?:inscrição|subscrição))",
    ),
    stays=(
        r"mudei de (?:e-?mail|endereço)|o (?:e-?mail|endereço) antigo|menos (?:a|o) (?:vossa|vosso|de vocês|sua)",
        r"(?:para|no) (?:o )?meu novo (?:e-?mail|endereço)|(?:alter\w+|atualiz\w+|mud\w+) (?:o )?meu (?:e-?mail|endereço)|novo (?:endereço|e-?mail) é",
        r"(?:a vossa|o vosso|a de vocês|o de vocês|de vocês)\b[^.!?\n]{0,40}(?:fica|não saio|fico|única|único|leio)|únic[oa] que (?:leio|guardo|fica)",
        near(
            r"(?:um|uma|uns|alguns|nossos?|nossas?|meu|minha)",
            r"(?:clientes?|colegas?|sóci[oa]s?|associad\w+|leitora?|leitores|assinantes?|alun\w+|cooperantes?)\b",
            r"(?:quer\w*|pediu|pede\w*|deseja\w*|gostaria|recebe|pedem|cancelar|sair|escreveu)",
            gap=30,
        ),
        near(
            r"(?:como|onde)",
            r"(?:é que|se|faço|fazem|faz)",
            r"(?:remov\w*|carrega|sistema|programa|alguém)",
            gap=50,
        ),
    ),
    later=(r"então\b|a partir de (?!agora|já|hoje)",),
)
