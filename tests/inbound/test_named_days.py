# ruff: noqa: E501 (tables are easier to read in one piece)

from datetime import date, timedelta

import pytest

from outreach.inbound.cues import UNTIL_CUE
from outreach.inbound.named_days import named_days
from outreach.inbound.phrases import compared
from outreach.inbound.return_dates import dated_end, return_date
from outreach.inbound.spelt_days import with_numbers

TODAY = date(2026, 11, 18)  # a Wednesday
END = date(2027, 1, 11)  # a Monday

# For each language: forms of the last day, forms of the first, and what may be said of them.
SAID = {
    "en": (
        ['11 January', 'January 11', '11th January', 'Jan 11th', 'Monday 11 January', 'Monday, January 11, 2027', 'Mon 11 Jan', 'the 11th of January', '11/01/2027', '2027-01-11', '11.01.2027', '11-Jan-2027', 'Jan. 11', 'the eleventh of January', 'Monday the 11th of January 2027', "11 Jan '27", '11JAN2027', 'January the 11th', 'January eleventh', '11 Jan. 2027'],
        ['21 December', 'Monday 21 Dec', 'December 21', '21/12/2026'],
        ['I am away until {d}.', "I'll be back on {d}.", 'Back {d}.', 'I return {d}.', 'I am out of the office and will return to my desk on {d}.', 'My first day back is {d}.', 'Expect me back {d}.', 'I am on leave from {s} to {d}.', 'On leave {s} - {d}.', 'On leave {s} through {d}.', 'Out between {s} and {d}.', 'I am away up to and including {d}.', "I won't be in before {d}.", 'You will not hear from me before {d}.', 'I shall be at my desk again as of {d}.', 'My last day of leave is {d}.', 'Absent till {d} inclusive.', 'Normal service resumes {d}.', 'We reopen on {d}.', 'From {d} I am available again.', 'On {d} I will be back.', "I'm off work until after {d}.", 'Not before {d} will I be able to answer.', "I'm gone from {s}, back {d}.", 'As from {d} I will be reachable again.', 'The office is closed and opens its doors again on {d}.', 'I start work again {d}.', 'Holiday ends {d}.'],
    ),
    "de": (
        ['11. Januar', '11.01.2027', '11.1.', '11.01.', 'Montag, den 11. Januar 2027', 'Montag, 11. Januar', 'Mo., 11.1.2027', 'dem 11. Januar', 'elften Januar', '11. Jan. 2027', '11. Jänner', 'Mo 11.01.27', '11.1.27', '2027-01-11', '11. 1. 2027', '11. 01.', 'Montag, dem 11.01.'],
        ['21. Dezember', '21.12.', '21.12.2026', 'Montag, dem 21. Dezember'],
        ['Ich bin bis {d} abwesend.', 'Ich bin bis zum {d} im Urlaub.', 'Ich bin bis einschließlich {d} nicht im Haus.', 'Ab {d} bin ich wieder erreichbar.', 'Ich bin ab dem {d} wieder für Sie da.', 'Am {d} bin ich zurück.', 'Ich kehre am {d} ins Büro zurück.', 'Vom {s} bis {d} bin ich im Urlaub.', 'Von {s} bis zum {d} ist unser Büro geschlossen.', 'Urlaub {s} - {d}.', 'Ich bin zwischen {s} und {d} nicht da.', 'Vor dem {d} kann ich nicht antworten.', 'Ich bin nicht vor {d} zurück.', 'Erst ab {d} lese ich wieder Mails.', 'Mein letzter Urlaubstag ist der {d}.', 'Mein erster Arbeitstag ist der {d}.', 'Wir sind ab {d} wieder wie gewohnt erreichbar.', 'Bis inklusive {d} habe ich frei.', 'Mein Urlaub endet am {d}.', 'Ich bin voraussichtlich am {d} wieder im Büro.', 'Unser Laden öffnet am {d} wieder.', 'Ihre Nachricht lese ich nach meiner Rückkehr am {d}.', 'Wieder da: {d}', 'Abwesend bis: {d}', 'Rückkehr: {d}'],
    ),
    "fr": (
        ['11 janvier', 'lundi 11 janvier', 'lundi 11 janvier 2027', '11/01/2027', '11/01', '11/01/27', '11.01.2027', '11 janv.', 'lun. 11 janv. 2027', '11 janvier prochain'],
        ['21 décembre', '21/12', 'lundi 21 décembre'],
        ["Je suis absente jusqu'au {d}.", "Je suis absent jusqu'au {d} inclus.", 'Je serai de retour le {d}.', 'De retour le {d}.', 'Retour le {d}.', 'Je reprends le {d}.', 'Je suis en congés du {s} au {d}.', 'Je serai en congé du {s} au {d} inclus.', 'Absent entre le {s} et le {d}.', 'Je reviens le {d}.', 'Mon retour est prévu le {d}.', 'Mon retour au bureau est prévu pour le {d}.', 'Je ne pourrai pas répondre avant le {d}.', 'À partir du {d}, je serai à nouveau joignable.', 'Dès le {d} je lirai mes messages.', 'Nos bureaux rouvriront le {d}.', 'Reprise le {d}.', 'Reprise du travail : {d}', 'Je serai de nouveau joignable à compter du {d}.', "Fermé jusqu'au {d} au soir.", 'Mon dernier jour de congé est le {d}.', 'Le cabinet est fermé à partir du {s} et rouvre ses portes le {d}.', 'Je vous répondrai à mon retour, le {d}.', 'Mes vacances se terminent le {d}.'],
    ),
    "es": (
        ['11 de enero', 'lunes 11 de enero', 'lunes, 11 de enero de 2027', '11/01/2027', '11/1', '11 de enero del 2027', 'día 11 de enero', '11-01-2027', '11 ene. 2027', '11 enero', '11.01.2027'],
        ['21 de diciembre', '21/12', 'lunes 21 de diciembre'],
        ['Estaré fuera hasta el {d}.', 'Estoy de vacaciones hasta el {d} inclusive.', 'Vuelvo el {d}.', 'Estaré de vuelta el {d}.', 'Regreso el {d}.', 'Me reincorporo el {d}.', 'Me reincorporaré el próximo {d}.', 'Estoy de vacaciones del {s} al {d}.', 'Ausente desde el {s} hasta el {d}.', 'Estaré ausente entre el {s} y el {d}, ambos inclusive.', 'A partir del {d} estaré disponible de nuevo.', 'No podré contestar antes del {d}.', 'No estaré disponible hasta el {d}.', 'La oficina reabre el {d}.', 'El {d} estaré de nuevo en la oficina.', 'Retomaré mi actividad el {d}.', 'Mi último día de vacaciones es el {d}.', 'Desde el {d} atenderé los mensajes.', 'Cerrado por vacaciones; abrimos el {d}.', 'Mis vacaciones terminan el {d}.', 'Contestaré a mi regreso, el {d}.', 'Fecha de regreso: {d}'],
    ),
    "it": (
        ['11 gennaio', 'lunedì 11 gennaio', 'lunedì 11 gennaio 2027', '11/01/2027', '11/1', '11.01.2027', '11 gen. 2027', '11 gennaio p.v.', '11 gennaio prossimo'],
        ['21 dicembre', '21/12', 'lunedì 21 dicembre'],
        ['Sono assente fino al {d}.', 'Sono in ferie fino al {d} compreso.', 'Sarò di ritorno il {d}.', 'Torno il {d}.', 'Rientro il {d}.', 'Rientrerò in ufficio il {d}.', 'Sono in ferie dal {s} al {d}.', 'Assente dal {s} fino al {d}.', 'Gli uffici sono chiusi tra il {s} e il {d}.', 'Sarò nuovamente disponibile dal {d}.', 'A partire dal {d} risponderò di nuovo.', 'Non potrò rispondere prima del {d}.', 'Lo studio riapre il {d}.', 'Il {d} sarò di nuovo in ufficio.', 'Il mio rientro è previsto per il {d}.', 'Le mie ferie terminano il {d}.', 'Riprenderò servizio il {d}.', 'Sarò in ufficio da {d}.', 'Ci risentiamo dal {d}.', "L'attività riprenderà il {d}."],
    ),
    "pt": (
        ['11 de janeiro', '11 de Janeiro de 2027', 'segunda-feira, 11 de janeiro', 'segunda, 11 de janeiro', '11/01/2027', '11/01', '11-01-2027', 'dia 11 de janeiro', 'próximo dia 11 de janeiro', '11 jan. 2027'],
        ['21 de dezembro', '21/12', 'dia 21 de dezembro'],
        ['Estarei ausente até {d}.', 'Estou de férias até ao {d}, inclusive.', 'Regresso a {d}.', 'Volto em {d}.', 'Voltarei no {d}.', 'Estarei de volta em {d}.', 'Estarei de férias de {s} a {d}.', 'Ausente entre {s} e {d}.', 'Do {s} ao {d} estarei fora do escritório.', 'A partir de {d} estarei novamente disponível.', 'Não poderei responder antes de {d}.', 'O escritório reabre a {d}.', 'Retorno ao trabalho em {d}.', 'Retomo as minhas funções a {d}.', 'No {d} estarei de novo no escritório.', 'As minhas férias terminam a {d}.', 'Só poderei responder depois de {d}.', 'Data de retorno: {d}', 'O atendimento será retomado em {d}.'],
    ),
    "nl": (
        ['11 januari', 'maandag 11 januari', 'maandag 11 januari 2027', '11-01-2027', '11/01', '11-1', '11 jan. 2027', 'ma 11 jan', '11.01.2027'],
        ['21 december', '21/12', 'maandag 21 december'],
        ['Ik ben afwezig tot {d}.', 'Ik ben met vakantie tot en met {d}.', 'Ik ben vrij t/m {d}.', 'Ik ben terug op {d}.', '{d} ben ik weer terug.', 'Op {d} ben ik er weer.', 'Vanaf {d} ben ik weer bereikbaar.', 'Van {s} tot {d} ben ik afwezig.', 'Ik ben van {s} t/m {d} met verlof.', 'Tussen {s} en {d} ben ik niet bereikbaar.', 'Ik kan niet voor {d} antwoorden.', 'Het kantoor gaat {d} weer open.', 'Per {d} ben ik weer beschikbaar.', 'Met ingang van {d} werk ik weer.', 'Mijn laatste vakantiedag is {d}.', 'Ik hervat mijn werk op {d}.', 'Wij zijn weer open vanaf {d}.', 'Mijn vakantie duurt tot {d}.', 'Ik keer terug op {d}.', 'Afwezig t/m: {d}'],
    ),
    "sv": (
        ['11 januari', 'måndag 11 januari', 'måndagen den 11 januari', 'den 11 januari', '11 januari 2027', '11/1', '2027-01-11', 'den 11:e januari', 'mån 11 jan', '11 jan', '11/1 2027'],
        ['21 december', '21/12', 'måndag 21 december'],
        ['Jag är borta till {d}.', 'Jag har semester t.o.m. {d}.', 'Jag är ledig till och med {d}.', 'Jag är tillbaka {d}.', 'Åter {d}.', 'Jag återkommer {d}.', 'Från och med {d} är jag på plats igen.', 'Fr.o.m. {d} svarar jag igen.', 'Jag är ledig från {s} till {d}.', 'Jag är ledig {s} - {d}.', 'Mellan {s} och {d} är kontoret stängt.', 'Jag kan inte svara före {d}.', 'Kontoret öppnar igen {d}.', 'Jag börjar jobba igen {d}.', 'Tillbaka på kontoret {d}.', 'Jag är inte anträffbar förrän {d}.', 'Min semester slutar {d}.', 'Vi ses igen {d}.', 'Jag är på jobbet igen {d}.', 'Jag är frånvarande tom {d}.', 'Jag läser min e-post igen from {d}.'],
    ),
    "pl": (
        ['11 stycznia', '11 stycznia 2027 r.', '11 stycznia 2027', '11.01.2027', '11.01', '11.01.2027 r.', 'poniedziałku 11 stycznia', 'dnia 11 stycznia', '11 stycznia br.'],
        ['21 grudnia', '21.12.2026', '21.12'],
        ['Jestem nieobecna do {d}.', 'Jestem na urlopie do {d} włącznie.', 'Wracam {d}.', 'Wrócę {d}.', 'Będę z powrotem {d}.', 'Od {d} będę znów dostępny.', 'Jestem na urlopie od {s} do {d}.', 'W dniach {s} - {d} przebywam na urlopie.', 'W okresie od {s} do {d} biuro jest nieczynne.', 'Między {s} a {d} nie będzie mnie w pracy.', 'Nie będę mógł odpowiedzieć przed {d}.', 'Biuro będzie ponownie czynne od {d}.', 'Powrót: {d}', 'Mój powrót planowany jest na {d}.', 'Odpowiem po powrocie, {d}.', 'Mój urlop kończy się {d}.', 'Do pracy wracam {d}.', 'Najwcześniej {d} odczytam wiadomości.', 'Będę dostępna od {d}.', 'Urlop potrwa do {d}.'],
    ),
    "ja": (
        ['1月11日', '2027年1月11日', '1月11日(月)', '1月11日(月曜日)', '1/11', '1/11(月)', '2027/1/11', '2027/01/11(月)', '2027年1月11日(月)', '令和9年1月11日', '１月１１日（月）'],
        ['12月21日', '12月21日(月)', '12/21'],
        ['{d}まで休暇をいただいております。', '{d}まで不在です。', '{d}に戻ります。', '{d}より通常通り営業いたします。', '{d}から出社いたします。', '{s}から{d}まで休業いたします。', '{s}~{d}は休暇です。', '{s}より{d}まで不在にしております。', '{s}～{d}の間、お休みをいただきます。', '{d}以降にご連絡いたします。', '{d}に復帰予定です。', '{d}まで出張のため不在です。', 'お返事は{d}以降となります。', '次の出社日は{d}です。', '業務再開は{d}です。', '{d}から業務を再開します。', '{d}に出社予定です。', '{d}までお休みです。', '復帰は{d}の予定です。', '{d}から通常業務に戻ります。', '{d}より順次ご返信いたします。', '休暇期間:{s}~{d}'],
    ),
}  # fmt: skip


# What counts from today, or has no day of its own; today is Monday, 6 July 2026. Each in up to ten languages.
PERIODS = [
    ('2027-04-01', ['I am on leave until April 2027.', 'Ich bin bis April 2027 in Elternzeit.', 'Estoy de baja hasta abril de 2027.', 'Sono in congedo fino ad aprile 2027.', 'Estou de licença até abril de 2027.', 'Ik ben met verlof tot april 2027.', 'Jag är föräldraledig till april 2027.', 'Jestem na urlopie do kwietnia 2027.']),
    ('2026-09-01', ['I am away and will be back in September.', 'Ich bin abwesend und im September wieder da.', 'Je suis absent et de retour en septembre.', 'Estoy fuera y vuelvo en septiembre.', 'Sono assente e torno a settembre.', 'Estou ausente e regresso em setembro.', 'Ik ben afwezig en in september weer terug.', 'Jag är borta och åter i september.', 'Jestem nieobecna, wracam we wrześniu.', '休暇中です。9月に復帰します。']),
    ('2026-09-01', ['I am away until early September.', 'Ich bin bis Anfang September abwesend.', "Je suis absente jusqu'à début septembre.", 'Estoy fuera hasta principios de septiembre.', "Sono assente fino all'inizio di settembre.", 'Estou ausente até ao início de setembro.', 'Ik ben afwezig tot begin september.', 'Jag är borta till början av september.', 'Jestem nieobecna do początku września.', '9月初めまで不在です。']),
    ('2026-07-31', ['I am away until the end of the month.', 'Ich bin bis Ende des Monats abwesend.', "Je suis absente jusqu'à la fin du mois.", 'Estoy fuera hasta fin de mes.', 'Sono assente fino alla fine del mese.', 'Estou ausente até ao fim do mês.', 'Ik ben afwezig tot het einde van de maand.', 'Jag är borta till slutet av månaden.', 'Jestem nieobecna do końca miesiąca.', '今月末まで不在です。']),
    ('2026-07-10', ['I am away until the end of the week.', 'Ich bin bis Ende der Woche abwesend.', "Je suis absente jusqu'à la fin de la semaine.", 'Estoy fuera hasta el final de la semana.', 'Sono assente fino alla fine della settimana.', 'Estou ausente até ao fim da semana.', 'Ik ben afwezig tot het einde van de week.', 'Jag är borta till slutet av veckan.', 'Jestem nieobecna do końca tygodnia.', '今週末まで不在です。']),
    ('2026-07-15', ['I am away and back on Wednesday next week.', 'Ich bin abwesend und am Mittwoch nächster Woche zurück.', 'Je suis absent et de retour mercredi de la semaine prochaine.', 'Estoy fuera y vuelvo el miércoles de la próxima semana.', 'Sono assente e torno mercoledì della prossima settimana.', 'Estou ausente e volto na quarta-feira da próxima semana.', 'Ik ben afwezig en woensdag volgende week terug.', 'Jag är borta och tillbaka onsdag nästa vecka.', 'Jestem nieobecny, wracam w środę w przyszłym tygodniu.', '不在です。来週水曜日に戻ります。']),
    ('2026-07-13', ['I am away and back next week.', 'Ich bin abwesend und nächste Woche wieder da.', 'Je suis absent et de retour la semaine prochaine.', 'Estoy fuera y vuelvo la próxima semana.', 'Sono assente e torno la prossima settimana.', 'Estou ausente e volto na próxima semana.', 'Ik ben afwezig en volgende week terug.', 'Jag är borta och tillbaka nästa vecka.', 'Jestem nieobecny, wracam w przyszłym tygodniu.', '不在です。来週戻ります。']),
    ('2026-07-20', ['I am on holiday and back in two weeks.', 'Ich bin im Urlaub und in zwei Wochen zurück.', 'Je suis en vacances et de retour dans deux semaines.', 'Estoy de vacaciones y vuelvo en dos semanas.', 'Sono in ferie e torno tra due settimane.', 'Estou de férias e volto daqui a duas semanas.', 'Ik ben op vakantie en over twee weken terug.', 'Jag har semester och är tillbaka om två veckor.', 'Jestem na urlopie, wracam za dwa tygodnie.', '休暇中です。2週間後に戻ります。']),
    ('2026-07-09', ['I am away for the next three days.', 'Ich bin die nächsten drei Tage nicht da.', 'Je suis absent les trois prochains jours.', 'Estoy fuera los próximos tres días.', 'Sono assente per i prossimi tre giorni.', 'Estou ausente nos próximos três dias.', 'Ik ben de komende drie dagen afwezig.', 'Jag är borta de närmaste tre dagarna.', 'Jestem nieobecny przez najbliższe trzy dni.', '今後3日間不在です。']),
    ('2026-08-03', ['Ich bin ab KW 32 wieder im Büro.', 'Vanaf week 32 ben ik er weer.', 'Jag är åter vecka 32.', 'I am back in week 32.']),
    ('2026-08-31', ['We are closed for the whole of August.', 'Wir haben den ganzen August geschlossen.', "Nous sommes fermés tout le mois d'août.", 'Cerramos todo el mes de agosto.', 'Siamo chiusi per tutto il mese di agosto.', 'Estamos encerrados todo o mês de agosto.', 'Wij zijn de hele maand augustus gesloten.', 'Vi har stängt hela augusti.', 'Jesteśmy nieczynni przez cały sierpień.']),
    (None, ['I am on sick leave until further notice.', 'Ich bin bis auf Weiteres krankgeschrieben.', "Je suis en arrêt maladie jusqu'à nouvel ordre.", 'Estoy de baja hasta nuevo aviso.', 'Sono in malattia fino a nuovo avviso.', 'Estou de baixa até nova indicação.', 'Ik ben tot nader order ziek.', 'Jag är sjukskriven tills vidare.', 'Jestem na zwolnieniu do odwołania.', '当面の間、休職いたします。']),
    (None, ['I am away until mid-September.', 'Ich bin bis Mitte September weg.', "Je suis absent jusqu'à mi-septembre.", 'Estoy fuera hasta mediados de septiembre.', 'Sono assente fino a metà settembre.', 'Estou ausente até meados de setembro.', 'Ik ben afwezig tot half september.', 'Jag är borta till mitten av september.', 'Jestem nieobecny do połowy września.', '9月中旬まで不在です。']),
    ('2026-12-31', ['I am on sabbatical until the end of the year.', 'Ich bin bis Jahresende im Sabbatical.', "Je suis en congé sabbatique jusqu'à la fin de l'année.", 'Estoy de excedencia hasta fin de año.', "Sono in aspettativa fino alla fine dell'anno.", 'Estou de licença sabática até ao fim do ano.', 'Ik ben met sabbatical tot het einde van het jaar.', 'Jag är tjänstledig till årets slut.', 'Jestem na urlopie do końca roku.', '年末まで休職しております。']),
    ('2026-07-13', ['Back Monday.', 'Montag wieder da.', 'De retour lundi.', 'Vuelvo el lunes.', 'Torno lunedì.', 'Volto na segunda.', 'Maandag weer terug.', 'Tillbaka på måndag.', 'Wracam w poniedziałek.', '月曜日に戻ります。']),
    ('2026-08-01', ['I am on leave and back next month.', 'Ich bin im Urlaub und nächsten Monat zurück.', 'En congé, de retour le mois prochain.', 'De vacaciones, vuelvo el próximo mes.', 'In ferie, torno il mese prossimo.', 'De férias, volto no próximo mês.', 'Op vakantie, volgende maand terug.', 'På semester, åter nästa månad.', 'Na urlopie, wracam w przyszłym miesiącu.', '休暇中です。来月復帰します。']),
    ('2026-08-31', ['I am on leave until the end of next month.', 'Ich bin bis Ende nächsten Monats im Urlaub.', "En congé jusqu'à la fin du mois prochain.", 'De vacaciones hasta finales del próximo mes.', 'In ferie fino alla fine del mese prossimo.', 'De férias até ao fim do próximo mês.', 'Op vakantie tot eind volgende maand.', 'På semester till slutet av nästa månad.', 'Na urlopie do końca przyszłego miesiąca.', '来月末まで休暇です。']),
    ('2026-07-17', ['I am on leave until the end of next week.', 'Ich bin bis Ende nächster Woche im Urlaub.', "En congé jusqu'à la fin de la semaine prochaine.", 'De vacaciones hasta el final de la próxima semana.', 'In ferie fino alla fine della prossima settimana.', 'De férias até ao fim da próxima semana.', 'Op vakantie tot eind volgende week.', 'På semester till slutet av nästa vecka.', 'Na urlopie do końca przyszłego tygodnia.', '来週末まで休暇です。']),
    ('2026-07-10', ['I am away until this Friday.', 'Ich bin bis diesen Freitag weg.', "Je suis absent jusqu'à ce vendredi.", 'Estoy fuera hasta este viernes.', 'Sono assente fino a questo venerdì.', 'Estou ausente até esta sexta-feira.', 'Ik ben tot aanstaande vrijdag afwezig.', 'Jag är borta till nu på fredag.', 'Jestem nieobecny do tego piątku.', '今週金曜日まで不在です。']),
    ('2026-07-09', ['I am out of the office from Tuesday to Thursday.', 'Ich bin von Dienstag bis Donnerstag nicht im Büro.', 'Je suis absent de mardi à jeudi.', 'Estaré fuera de martes a jueves.', 'Sono assente da martedì a giovedì.', 'Estarei ausente de terça a quinta-feira.', 'Ik ben van dinsdag tot en met donderdag afwezig.', 'Jag är borta från tisdag till torsdag.', 'Jestem nieobecny od wtorku do czwartku.', '火曜日から木曜日まで不在です。']),
    ('2026-07-10', ['I am out of the office on Thursday and Friday.', 'Ich bin am Donnerstag und Freitag nicht im Büro.', 'Je suis absent jeudi et vendredi.', 'Estaré fuera el jueves y el viernes.', 'Sono assente giovedì e venerdì.', 'Estarei ausente na quinta e na sexta-feira.', 'Ik ben donderdag en vrijdag afwezig.', 'Jag är borta torsdag och fredag.', 'Jestem nieobecny w czwartek i piątek.', '木曜日と金曜日は不在です。']),
    ('2026-08-10', ['I am back in the week of 10 August.', 'Ich bin in der Woche ab dem 10. August wieder da.', 'Je serai de retour la semaine du 10 août.', 'Vuelvo la semana del 10 de agosto.', 'Torno la settimana del 10 agosto.', 'Volto na semana de 10 de agosto.', 'Ik ben in de week van 10 augustus terug.', 'Jag är tillbaka veckan som börjar den 10 augusti.', 'Wracam w tygodniu od 10 sierpnia.', '8月10日の週に戻ります。']),
    ('2026-07-07', ['I am out until tomorrow.', 'Ich bin bis morgen nicht da.', "Je suis absent jusqu'à demain.", 'Estoy fuera hasta mañana.', 'Sono assente fino a domani.', 'Estou ausente até amanhã.', 'Ik ben tot morgen afwezig.', 'Jag är borta till i morgon.', 'Nie ma mnie do jutra.', '明日まで不在です。']),
    ('2026-07-08', ['I am travelling and back Wednesday morning.', 'Ich bin unterwegs und Mittwoch früh wieder da.', 'En déplacement, de retour mercredi matin.', 'De viaje, vuelvo el miércoles por la mañana.', 'In viaggio, torno mercoledì mattina.', 'Em viagem, volto quarta-feira de manhã.', 'Op reis, woensdagochtend terug.', 'På resa, åter på onsdag morgon.', 'W podróży, wracam w środę rano.', '出張中です。水曜日の朝に戻ります。']),
    ('2026-08-14', ['I am away and will answer after 14 August.', 'Ich bin abwesend und antworte nach dem 14. August.', 'Absent, je répondrai après le 14 août.', 'Estoy fuera y contestaré después del 14 de agosto.', 'Assente, risponderò dopo il 14 agosto.', 'Ausente, responderei depois de 14 de agosto.', 'Afwezig; ik antwoord na 14 augustus.', 'Borta; jag svarar efter den 14 augusti.', 'Nieobecny; odpowiem po 14 sierpnia.', '不在です。8月14日以降にお返事します。']),
    ('2026-08-14', ['I am away between 3 and 14 August.', 'Zwischen dem 3. und dem 14. August bin ich nicht da.', 'Je suis absent entre le 3 et le 14 août.', 'Estaré fuera entre el 3 y el 14 de agosto.', 'Sono assente tra il 3 e il 14 agosto.', 'Estarei ausente entre 3 e 14 de agosto.', 'Tussen 3 en 14 augustus ben ik afwezig.', 'Mellan den 3 och 14 augusti är jag borta.', 'Między 3 a 14 sierpnia jestem nieobecny.', '8月3日〜14日は不在です。']),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "frame"),
    [(tag, frame) for tag, (_, _, frames) in SAID.items() for frame in frames],
)
def test_every_form_of_a_day_is_read_in_every_relation(language, frame):
    forms, starts, _ = SAID[language]
    said = {frame.format(d=form, s=start) for form in forms for start in starts}
    wrong = {text: found for text in said if (found := return_date(compared(text), TODAY)) != END}
    assert not wrong


RELATIVE = {
    "2026-12-24": ["I'm out 21-24 December.", 'Out of office Dec 21-24.', 'On leave December 21–24, 2026.', 'I am away from the 21st to the 24th of December.', "I'm away from December 21 to 24.", 'Away between 21 and 24 December.', 'On holiday 21/12-24/12.', 'I am on leave 21st–24th December inclusive.', 'out from Mon 21 to Thu 24 December', 'On vacation from Monday, Dec 21, through Thursday, Dec 24.', 'Ich bin vom 21. bis 24. Dezember im Urlaub.', 'Urlaub 21.-24.12.', 'Ich bin vom 21.12.-24.12.2026 nicht im Haus.', 'Urlaub vom 21. bis zum 24.12.', 'Ich bin von Montag, 21. bis Donnerstag, 24. Dezember nicht da.', 'Abwesend vom 21. bis einschließlich 24. Dezember.', 'Ich bin vom 21.12. bis 24.12.26 abwesend.', 'Büro geschlossen zwischen dem 21. und dem 24. Dezember.', 'Urlaub: 21. – 24. Dez. 2026', 'Je suis en congé du 21 au 24 décembre.', 'Absent du lundi 21 au jeudi 24 décembre inclus.', 'En vacances du 21/12 au 24/12/2026.', 'Fermé entre le 21 et le 24 décembre.', 'Bureau fermé du 21-24 décembre.', 'Congés du 21 décembre au 24 décembre 2026', 'Estoy de vacaciones del 21 al 24 de diciembre.', 'Ausente del lunes 21 al jueves 24 de diciembre.', 'Fuera de la oficina desde el 21 hasta el 24 de diciembre.', 'Cerrado entre el 21 y el 24 de diciembre.', 'De vacaciones 21/12 - 24/12.', 'Vacaciones del 21/12 al 24/12/2026', 'Sono in ferie dal 21 al 24 dicembre.', 'Assente da lunedì 21 a giovedì 24 dicembre.', 'Ufficio chiuso dal 21/12 al 24/12.', 'Chiusi tra il 21 e il 24 dicembre.', 'Ferie: 21-24 dicembre', 'In ferie dal 21 dicembre al 24 dicembre 2026 compresi.', 'Estou de férias de 21 a 24 de dezembro.', 'Ausente de 21/12 a 24/12.', 'Fora do escritório entre 21 e 24 de dezembro.', 'De férias do dia 21 ao dia 24 de dezembro.', 'Estarei ausente de segunda-feira, 21, a quinta-feira, 24 de dezembro.', 'Férias de 21 de dezembro a 24 de dezembro de 2026', 'Ik ben met vakantie van 21 t/m 24 december.', 'Afwezig van 21 tot en met 24 december.', 'Ik ben er niet van maandag 21 tot en met donderdag 24 december.', 'Vrij 21-12 t/m 24-12.', 'Gesloten tussen 21 en 24 december.', 'Vakantie: 21-24 december', 'Afwezig 21/12-24/12', 'Jag har semester 21-24 december.', 'Jag är ledig 21/12-24/12.', 'Ledig från den 21 till den 24 december.', 'Kontoret är stängt mellan den 21 och 24 december.', 'Ledig 21 t.o.m. 24 december.', 'Semester måndag 21 – torsdag 24 december', 'Borta fr.o.m. 21/12 t.o.m. 24/12', 'Jestem na urlopie od 21 do 24 grudnia.', 'Urlop 21-24 grudnia.', 'Nieobecny w dniach 21.12-24.12.2026.', 'Jestem na urlopie w dniach 21–24.12.2026.', 'Od poniedziałku 21 do czwartku 24 grudnia jestem na urlopie.', 'Biuro nieczynne między 21 a 24 grudnia.', 'Urlop od 21.12 do 24.12.2026 r.', '12月21日~24日は休業いたします。', '12月21日から24日まで休暇です。', '12/21~12/24は不在です。', '12/21-24 お休みをいただきます。', '12月21日(月)から24日(木)まで不在にいたします。', '12月21日（月）～24日（木）休業', '12月21日より12月24日まで夏季休業', '2026年12月21日(月)~2026年12月24日(木)の間休業'],
    "2026-11-23": ['Back on Monday.', "I'll be back next Monday.", 'back Monday next week', 'Ich bin am Montag wieder da.', 'Ich bin kommenden Montag wieder im Büro.', 'Ab nächstem Montag bin ich wieder erreichbar.', 'ab Montag wieder da', 'Je serai de retour lundi.', 'De retour lundi prochain.', 'Je reviens lundi.', 'Vuelvo el lunes.', 'Vuelvo el próximo lunes.', 'Estaré de vuelta el lunes que viene.', 'Torno lunedì.', 'Rientro lunedì prossimo.', 'Rientrerò il prossimo lunedì.', 'Volto segunda-feira.', 'Volto na próxima segunda.', 'Regresso na segunda-feira.', 'Ik ben maandag terug.', 'Ik ben aanstaande maandag weer terug.', 'Vanaf maandag ben ik er weer.', 'Jag är tillbaka på måndag.', 'Åter nu på måndag.', 'Tillbaka nästa måndag.', 'Wracam w poniedziałek.', 'Będę w najbliższy poniedziałek.', 'Wracam w przyszły poniedziałek.', '月曜日に戻ります。', '来週月曜日に出社します。', '来週の月曜日より出社いたします。', 'I am away this week and back on Monday', "I'm out until Monday"],
    "2026-11-20": ['Out for the rest of the day and tomorrow, back Friday.', "I'm back the day after tomorrow.", 'Übermorgen bin ich wieder da.', 'Je serai de retour après-demain.', 'Vuelvo pasado mañana.', 'Torno dopodomani.', 'Volto depois de amanhã.', 'Overmorgen ben ik terug.', 'Jag är tillbaka i övermorgon.', 'Wracam pojutrze.', '明後日に戻ります。'],
    "2026-12-02": ["I'll be back in two weeks.", 'I will return in 14 days.', "Back in 2 weeks' time.", 'In zwei Wochen bin ich wieder da.', 'Ich bin in 14 Tagen zurück.', 'Je serai de retour dans deux semaines.', 'Je reviens dans 2 semaines.', 'Vuelvo en dos semanas.', 'Estaré de vuelta dentro de dos semanas.', 'Torno fra due settimane.', 'Rientro tra due settimane.', 'Volto em duas semanas.', 'Regresso daqui a duas semanas.', 'Over twee weken ben ik terug.', 'Jag är tillbaka om två veckor.', 'Wracam za dwa tygodnie.', '2週間後に戻ります。'],
    "2027-01-01": ['Back at the beginning of January.', 'I return in early January.', 'Anfang Januar bin ich wieder da.', 'De retour début janvier.', 'Vuelvo a principios de enero.', 'Torno a inizio gennaio.', 'Volto no início de janeiro.', 'Begin januari ben ik terug.', 'Jag är tillbaka i början av januari.', 'Wracam na początku stycznia.'],
    "2027-01-11": ['I am out from December 21, returning January 11.', 'I am back in the office the week of January 11.', 'Away 21 Dec – 8 Jan; back Monday 11 Jan.', 'Out 12/21/2026 - 1/8/2027. Back 1/11/2027.', 'Last day in the office: 18 December. First day back: 11 January.', 'Our shop is shut from 21 December and will be open again on 11 January.', 'I finish on 18 December and am back on 11 January.', 'Mein letzter Tag im Büro ist der 18.12., ab 11.1. bin ich wieder da.', 'Ich bin vom 21.12. bis 8.1. im Urlaub und ab Montag, 11.1., wieder erreichbar.', 'Absent du 21 décembre au 8 janvier, retour le lundi 11.', 'Estaré fuera del 21 de diciembre al 8 de enero; vuelvo el lunes 11.', "In ferie dal 21 dicembre all'8 gennaio, rientro lunedì 11.", 'De férias de 21 de dezembro a 8 de janeiro; regresso segunda, dia 11.', 'Vakantie 21 december t/m 8 januari; maandag 11 januari weer aanwezig.', 'Ledig 21/12–8/1, åter måndag 11/1.', 'Urlop 21.12–8.01, wracam w poniedziałek 11.01.', '12月21日から1月8日まで休業し、1月11日より営業いたします。', '28.12.2026–11.01.2027 im Urlaub', 'On leave 28/12/26 - 11/01/27', 'Out December 21–January 11', 'Out of office from Dec. 28 to Jan. 11.'],
}  # fmt: skip


@pytest.mark.parametrize(
    ("until", "text"), [(until, text) for until, texts in RELATIVE.items() for text in texts]
)
def test_ranges_and_days_counted_from_now(until, text):
    assert return_date(compared(text), TODAY, trusting=True) == date.fromisoformat(until)


def days(text: str) -> list[date]:
    return [each.day for each in named_days(compared(text), TODAY)]


@pytest.mark.parametrize(
    "text",
    ["I am away for two weeks from today.", "Out of office starting today for 2 weeks", "Ich bin ab heute zwei Wochen im Urlaub.", "Genau zwei Wochen ab heute bin ich weg, im Urlaub.", "Je m'absente 2 semaines à compter d'aujourd'hui.", "Estoy de vacaciones dos semanas a partir de hoy.", "De vacaciones dentro de dos semanas, contadas desde hoy.", "Due settimane da oggi sono in ferie.", "De férias por duas semanas a contar de hoje.", "Twee weken vanaf vandaag ben ik met vakantie.",
     "Vanaf vandaag ben ik twee weken afwezig.", "Semester två veckor från och med i dag.", "Dwa tygodnie od dzisiaj jestem na urlopie.", "Od dziś przez 2 tygodnie jestem na urlopie.", "本日より2週間お休みします。", "今日からきっかり二週間、休暇です。",
     "I am away for the next two weeks.", "Over the coming 14 days I am travelling.", "Die nächsten zwei Wochen bin ich im Urlaub und lese keine Mails.", "In den kommenden zwei Wochen bin ich auf Dienstreise.", "Je suis en déplacement les deux prochaines semaines.", "Durant les deux semaines à venir, je suis absente.", "Estaré de viaje las próximas dos semanas.", "Nelle prossime due settimane sono in ferie.", "Estarei de férias nas próximas duas semanas.",
     "De komende twee weken ben ik met verlof en lees ik geen mail.", "De kommande två veckorna är jag på tjänsteresa.", "Przez najbliższe dwa tygodnie jestem na urlopie.", "W ciągu najbliższych dwóch tygodni jestem nieobecny.", "今後2週間、出張のため不在にしております。", "向こう二週間不在です。"],
)  # fmt: skip
def test_an_absence_that_lasts_so_long_from_now(text):
    assert return_date(compared(text), TODAY) == date(2026, 12, 2)


@pytest.mark.parametrize(
    "text",
    ["You will have our answer within the next two days.", "Sie erhalten in den nächsten zwei Tagen eine Antwort.", "Vous recevrez une réponse dans les deux prochains jours."],
)  # fmt: skip
def test_the_next_so_many_days_in_which_one_is_answered_end_no_absence(text):
    found = dated_end(compared(text), TODAY, trusting=True)
    assert found is None or found.weight < UNTIL_CUE


def test_next_week_alone_counts_no_days():
    assert days("przez następny tydzień") == []


@pytest.mark.parametrize(
    "text",
    ["We shall have answered within two weeks from today.", "Sie haben spätestens in zwei Wochen ab heute Antwort."],
)  # fmt: skip
def test_a_deadline_that_counts_from_now_ends_no_absence(text):
    assert return_date(compared(text), TODAY) is None


@pytest.mark.parametrize(
    "text",
    ["Back mid-December", "zurück Mitte Dezember", "de retour mi-décembre", "Vuelvo a mediados de diciembre", "Torno a metà dicembre", "Volto em meados de dezembro", "Terug half december", "Åter i mitten av december", "Wracam w połowie grudnia"],
)  # fmt: skip
def test_the_middle_of_a_month_is_a_rough_day(text):
    (found,) = named_days(compared(text), TODAY)
    assert (found.day, found.rough) == (date(2026, 12, 15), True)


@pytest.mark.parametrize(
    "text",
    ["until the last day of December", "bis zum letzten Tag im Dezember", "jusqu'au dernier jour de décembre", "hasta el último día de diciembre", "fino all'ultimo giorno di dicembre", "até ao último dia de dezembro", "tot de laatste dag van december", "till sista dagen i december", "do ostatniego dnia grudnia"],
)  # fmt: skip
def test_the_last_day_of_a_month(text):
    assert days(text) == [date(2026, 12, 31)]


@pytest.mark.parametrize(
    "text",
    ["away until the end of May", "until end of may 2027", "Ich bin bis Ende Mai in Elternzeit", "bis Ende Mai 2027", "jusqu'à fin mai", "tot eind mei 2027", "till slutet av maj", "do końca maja 2027", "hasta finales de mayo de 2027", "até ao fim de maio", "fino a fine maggio"],
)  # fmt: skip
def test_the_end_of_a_month_with_a_short_name(text):
    assert days(text) == [date(2027, 5, 31)]


@pytest.mark.parametrize("text", ["åter måndag v. 49", "zurück am Montag, KW 49", "terug maandag (week 49)", "back Monday of week 49"])  # fmt: skip
def test_a_weekday_of_a_week_by_its_number(text):
    assert days(text) == [date(2026, 11, 30)]


@pytest.mark.parametrize(
    "text",
    ["I'm out of the office today and tomorrow, so replies will be slow.", "Ich bin heute und morgen im Urlaub.", "Je suis absente aujourd'hui et demain.", "Hoy y mañana estoy de vacaciones.", "Oggi e domani sono in ferie.", "Hoje e amanhã estou de férias.", "Vandaag en morgen ben ik met verlof.", "I dag och i morgon har jag semester.", "Dziś i jutro jestem na urlopie.", "本日と明日は終日研修のため、メールを見られません。"],
)  # fmt: skip
def test_who_is_away_today_and_tomorrow_is_away_until_tomorrow(text):
    assert return_date(compared(text), TODAY) == TODAY + timedelta(days=1)


def test_a_word_that_begins_like_a_month_of_another_language_is_none():
    assert days("se for elogio, guarda") == []
    assert days("takaisin elokuussa") == [date(2027, 8, 1)]
    assert days("el lunes 30 abrimos a las 8") == [date(2026, 11, 30)]


def test_a_day_spelt_out_behind_its_weekday():
    text = "next in the yard on Monday the thirtieth"
    assert return_date(compared(f"Away, {text}"), TODAY, trusting=True) == date(2026, 11, 30)


@pytest.mark.parametrize("text", ["Hall 4.1, stand D22", "attivo h24", "case 418-22-9 is open"])
def test_a_number_behind_a_letter_or_another_number_is_no_day(text):
    assert days(text) == []


def test_what_adorns_a_day_is_part_of_it():
    text = "back on monday, the 11th of january (mon)"
    (found,) = named_days(text, TODAY)
    assert text[found.start : found.end] == "monday, the 11th of january (mon)"


@pytest.mark.parametrize(
    "text",
    ["4 January via 1º Maggio 7", "4 January, ticket 5/01/2026-R", "4 January, booth 10.3", "4 January, Mon-Fri 9 - 5", "4 January, 3,2 kg", "4 January, 9 to 5 pm", "Dec 21, phone -24 55 66", "december 21 and 3 lovely people"],
)  # fmt: skip
def test_a_number_behind_a_day_may_be_no_day(text):
    assert len(days(text)) == 1


def test_the_second_of_two_days_has_the_month_of_the_first():
    assert days("closed on December 24 and 25.") == [date(2026, 12, 24), date(2026, 12, 25)]


@pytest.mark.parametrize(
    ("text", "told"),
    [("十月十日から十八日まで休みます", [(10, 10), (10, 18)]), ("十二月三十一日まで", [(12, 31)]), ("九月五日に戻ります", [(9, 5)]), ("三日間休みます", []), ("一日も早く", [])],
)  # fmt: skip
def test_days_in_chinese_figures(text, told):
    found = [each.day for each in named_days(with_numbers(compared(text)), TODAY)]
    assert [(day.month, day.day) for day in found] == told


@pytest.mark.parametrize(
    ("text", "weeks"),
    [("back in2 weeks", 2), ("two weeksfrom today", 2), ("za tydzień wracam", 1), ("in twoweeks", 2), ("from today two weeks", 2)],
)  # fmt: skip
def test_so_many_days_from_now_however_they_are_spaced(text, weeks):
    assert days(text) == [TODAY + timedelta(weeks=weeks)]


def test_a_word_before_a_number_stands_apart_from_it():
    assert days("exactlytwo weeks from today") == []
    assert days("exactly two weeks from today") == [TODAY + timedelta(weeks=2)]


def test_years_are_no_days():
    assert days("na 25 dienstjaren, after 25 years, nach 25 Jahren, po 25 lata") == []


@pytest.mark.parametrize(
    ("until", "text"), [(until, text) for until, texts in PERIODS for text in texts]
)
def test_what_counts_from_today_in_each_language(until, text):
    end = dated_end(compared(text), date(2026, 7, 6), trusting=True)
    assert (None if end is None or end.rough else end.day.isoformat()) == until


def test_hours_of_opening_end_no_absence():
    text = "We are open Monday to Friday, closed at weekends. Back in the office on 20 July."
    assert return_date(compared(text), date(2026, 7, 6)) == date(2026, 7, 20)
    text = "I work from Monday to Thursday and am out of the office on Friday."
    assert return_date(compared(text), date(2026, 7, 6)) is None


def test_who_answers_on_the_day_behind_weekdays_of_absence_is_back_then():
    text = "Segunda e terça em formação, sem computador. Respondo na quarta-feira, dia 14."
    assert return_date(compared(text), date(2026, 10, 12)) == date(2026, 10, 14)
