import pytest

from outreach.errors import TemplateError
from tests.rendering.mail import NOW, contact, template, text


def refusal(body: str, **options: object) -> str:
    with pytest.raises(TemplateError) as caught:
        text(body, **options)  # type: ignore[arg-type]
    return str(caught.value)


class TestValues:
    def test_a_known_value_is_printed(self):
        assert text("Dear {{ contact.first_name }}", contact(first_name="Ann")) == "Dear Ann"

    def test_a_missing_value_is_false_and_takes_a_default(self):
        body = (
            "{% if contact.first_name %}yes{% else %}no{% endif %} {{ contact.company | d('-') }}"
        )
        assert text(body) == "no -"

    @pytest.mark.parametrize("condition", ["is none", "== none", "is undefined", "not in ['x']"])
    def test_a_missing_value_equals_nothing(self, condition: str):
        assert text(f"{{{{ 'yes' if contact.company {condition} else 'no' }}}}") == "yes"

    def test_a_missing_value_that_is_printed_is_refused_with_its_place(self):
        said = refusal("Dear\n  {{ contact.first_name }}")
        assert said.startswith("templates/mail.txt:5:14: contact has no first_name")
        assert "write | default(…)" in said

    def test_a_missing_value_is_refused_through_filters_and_joins(self):
        assert "contact has no first_name" in refusal("{{ contact.first_name | upper }}")
        assert "contact has no first_name" in refusal("{{ 'x' ~ contact.first_name }}")
        assert "contact has no first_name" in refusal("{{ [contact.first_name] | join }}")

    def test_an_empty_preference_page_has_its_own_advice(self):
        assert "link_base" in refusal("{{ links.view }}")

    def test_a_misspelt_field_is_found_before_rendering(self):
        with pytest.raises(TemplateError) as caught:
            template("{% if false %}{{ contact.frist_name }}{% endif %}", attributes=("plan",))
        (problem,) = caught.value.problems
        assert (problem.line, problem.column) == (4, 26)
        assert problem.hint == 'did you mean "first_name"?'

    def test_a_misspelt_field_is_found_while_rendering_where_attributes_are_unknown(self):
        assert 'did you mean "first_name"?' in refusal("{{ contact.frist_name }}")

    def test_a_declared_attribute_without_a_value_is_missing(self):
        body = "{{ contact.plan | default('none') }} {{ contact.attributes.plan | d('none') }}"
        assert text(body, attributes=("plan",)) == "none none"
        assert text(body, contact(attributes={"plan": "pro"}), attributes=("plan",)) == "pro pro"

    def test_a_name_of_a_contacts_field_says_where_it_is(self):
        assert "write contact.first_name" in refusal("{{ first_name }}")

    def test_an_unknown_name_may_have_a_default(self):
        assert text("{{ hero | default('none') }}{% if hero is defined %}!{% endif %}") == "none"

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("contact.interests", "a list cannot be printed"),
            ("true", "yes or no cannot be printed"),
            ("none", "there is nothing to print"),
            ("{'a': 1}", "a map cannot be printed"),
            ("contact", "contact cannot be printed"),
            ("greeting", "cannot be printed"),
        ],
    )
    def test_only_texts_numbers_and_dates_are_printed(self, value: str, said: str):
        assert said in refusal(f"{{{{ {value} }}}}")

    def test_interests_are_in_order(self):
        person = contact(interests=frozenset({"tax", "law", "art"}))
        assert text("{{ contact.interests | join(', ') }}", person) == "art, law, tax"


class TestEscapes:
    @pytest.mark.parametrize(
        "body",
        [
            "{{ ''.__class__ }}",
            "{{ ''['__class__'] }}",
            "{{ contact.__class__.__mro__ }}",
            "{{ contact._values }}",
            "{{ contact['_values'] }}",
            "{{ greeting.__globals__ }}",
            "{{ range.__self__ }}",
            "{{ namespace.__init__.__globals__ }}",
            "{{ self.__init__ }}",
            "{{ self._TemplateReference__context }}",
            "{{ dict.__base__.__subclasses__() }}",
            "{{ (1).__class__ }}",
            "{{ [].append(1) }}",
            "{{ {}.update(a=1) }}",
            "{{ '{0.__class__}'.format(1) }}",
            "{{ '%s' % 1 }}",
            "{{ contact.attributes._owner }}",
            "{{ sender.__dict__ }}",
            "{{ hero.__class__ }}",
            "{{ contact.company.__class__ }}",
            "{{ contact.company._undefined_exception }}",
            "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
            "{% macro m() %}{% endmacro %}{{ m._func }}",
            "{% set ns = namespace(a=1) %}{{ ns.__class__ }}",
            "{{ [1] | map(attribute='__class__') | list }}",
            "{{ ['a'] | map('attr', '__class__') | list }}",
            "{{ [contact] | map(attribute='_values') | first }}",
            "{{ [contact] | groupby('__class__') }}",
            "{{ 1 | attr('__class__') }}",
            "{{ lipsum() }}",
            "{{ cycler.__init__ }}",
            "{{ contact.notes }}",
            "{{ contact.consent }}",
            "{{ now.__reduce__() }}",
            "{{ today.replace(year=1) }}",
        ],
    )
    def test_there_is_no_way_out(self, body: str):
        refusal(body)

    @pytest.mark.parametrize(
        "reference",
        [
            "{% include '../secret.txt' %}",
            "{% include '/etc/passwd' %}",
            "{% extends 'layouts/../../x.mjml' %}",
            "{% import 'c:\\\\x' as x %}",
            "{% include contact.tier ~ '.txt' %}",
        ],
    )
    def test_files_come_from_the_folder_and_are_named(self, reference: str):
        refusal(reference)


class TestFilters:
    @pytest.mark.parametrize(
        ("body", "locale", "expected"),
        [
            ("{{ '2026-12-31' | date }}", "en", "December 31, 2026"),
            ("{{ '2026-12-31' | date('short') }}", "de-DE", "31.12.26"),
            ("{{ '2026-12-31' | date('d MMMM') }}", "fr", "31 décembre"),
            ("{{ 1234567.891 | number }}", "de", "1.234.567,891"),
            ("{{ 2 | number(2) }}", "en", "2.00"),
            ("{{ 1234.5 | money('EUR') }}", "de", "1.234,50\xa0€"),
            ("{{ 1234.5 | money('JPY') }}", "en", "¥1,234"),
            ("{{ 0.25 | percent }}", "en", "25%"),
            ("{{ 'one two three' | truncate(9) }}", "en", "one two…"),
            ("{{ [3, 1, 2] | sort | join('-') }}", "en", "1-2-3"),
            ("{{ greeting() }}", "de-AT", "Guten Tag"),
            ("{{ greeting('Ann') }}", "ja", "Annさん、こんにちは"),
            ("{{ greeting() }}", "tlh", "Hello"),
        ],
    )
    def test_in_the_contacts_own_way(self, body: str, locale: str, expected: str):
        assert text(body, contact(locale=locale)) == expected

    def test_the_greeting_knows_the_first_name_and_not_its_braces(self):
        assert text("{{ greeting() }}", contact(first_name="{0} {}")) == "Hello {0} {}"

    def test_times_are_those_of_the_contacts_zone(self):
        person = contact(timezone="Asia/Tokyo", locale="en-GB", last_two_way=NOW.replace(hour=22))
        assert text("{{ contact.last_two_way | date }}", person) == "2 December 2026"
        assert text("{{ contact.last_two_way | time }}", person) == "07:00"
        assert text("{{ today }}", person) == "2026-12-01"

    def test_a_template_in_one_language_keeps_it(self):
        head = "subject: x\nlanguage: en"
        body = "{{ greeting() }} {{ '2026-12-31' | date }} {{ language }}"
        assert text(body, contact(locale="de-DE"), head=head) == "Hello December 31, 2026 en"
        assert text(body, contact(locale="en-GB"), head=head) == "Hello 31 December 2026 en"

    def test_an_unknown_filter_is_named(self):
        assert 'did you mean "money"' in refusal("{{ 1 | mony('EUR') }}")
        assert "escaped already" in refusal("{{ 'x' | e }}")

    def test_what_is_no_date_is_refused(self):
        assert "cannot read 'soon'" in refusal("{{ 'soon' | date }}")


@pytest.mark.parametrize(
    ("body", "message", "column"),
    [
        ("{{ ('a' * 10**5) | join('b' * 10**5) }}", "a text of over 2,000,000 characters", None),
        ("{{ 1e308 * 10 }}", "the number to print is not a number", None),
        ("{{ contact | attr('x') }}", 'there is no filter "attr"', 14),
        ("x {% do [].append(1) %}", 'there is no tag "do"', 6),
        ("x {% autoescape true %}{% endautoescape %}", 'there is no tag "autoescape"', 6),
        ("{{ 1 is evn }}", 'there is no test "evn"', 9),
        ("{{ [1] | sum(attribute='x') }}", "sum takes no attribute=…", None),
        ("{{ [1] | batch(2, 3) }}", "batch is given too much in brackets", None),
        ("{{ 'a' | replace('b') }}", "replace lacks something in brackets", None),
        ("{% for a in 7 %}{% endfor %}", "a number is no list to go through", None),
        ("{% for a, b in [[1]] %}{% endfor %}", "more or fewer names", None),
        ("{{ contact() }}", "a record such as contact cannot be called", None),
        ("{{ [1] < ['a'] }}", "a number and a text cannot be compared", None),
        ("{{ 1 + 'a' }}", "this cannot be done with a number and a text", None),
        ("{{ 'a' + 1 }}", "only a text can be added to a text", None),
        ("{{ 1 in 'a' }}", "only a text can be looked for in a text", None),
        ("{{ {[]: 1} }}", "a list or a map cannot be the key of a map", None),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply", None),
        ("{% for a in [1] %}" * 60 + "{% endfor %}" * 60, "nested too deeply", None),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself without end", None),
    ],
)
def test_what_goes_wrong_is_told_in_plain_words(body: str, message: str, column: int | None):
    with pytest.raises(TemplateError) as caught:
        text(body)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.source == "templates/mail.txt" or "nested" in message
    assert problem.column == column
