"""What generated example rows say, in Russian and English; `{…}` is a fact that Faker makes up."""

from typing import Literal, NamedTuple

Language = Literal["ru", "en"]


class Phrases(NamedTuple):
    """The phrases of one language; `locale` is Faker's.

    `near` and `chats` are pairs that belong together; `feelings` are by class, those without any under "".
    """

    locale: str
    system: tuple[str, ...]
    chats: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str], ...]
    feelings: dict[str, tuple[str, ...]]
    looks: tuple[str, ...]
    colours: dict[str, tuple[int, int, int]]


_RUSSIAN = Phrases(
    locale="ru_RU",
    system=(
        "Ты помощник компании {company}. Отвечай коротко.",
        "Отвечай вежливо и по делу.",
        "Ты справочная, отвечаешь за {city}.",
    ),
    chats=(
        ("Кем работает {name}?", "В справочнике сказано: {job}."),
        ("Где находится {company}?", "Адрес: {city}, {street_address}."),
        ("Как написать в {company}?", "Почта для писем: {ascii_safe_email}."),
        ("Что сказано в заказе от {date}?", "Заказчик {name}, доставка по адресу: {street_address}."),
        ("Придумай девиз для {company}.", "{catch_phrase}."),
        ("Перескажи одним предложением: {text}", "{sentence}"),
        ("В каком году основана {company}?", "В {year} году."),
        ("Какой сайт у {company}?", "Смотрите {domain_name}."),
    ),
    near=(
        ("Где находится {company}?", "Адрес компании {company}"),
        ("Когда привезут заказ от {date}?", "Срок доставки заказа, сделанного {date}"),
        ("{city}: какая сегодня погода?", "Прогноз погоды на день, {city}"),
        ("Кто такой {name}?", "Справка о сотруднике: {name}"),
        ("Не приходит письмо на {ascii_safe_email}", "Почта {ascii_safe_email} не получает сообщений"),
        ("Вакансия: {job}", "Требуется {job}"),
    ),
    feelings={
        "joy": ("Ура, {company} всё починила!", "Вот и отпуск: {city}!", "Лучший день: {date}!"),
        "upset": (
            "Заказ от {date} опять не привезли.",
            "{company} снова не отвечает.",
            "Жаль, {city} далеко.",
        ),
        "surprise": ("Ого, {name} теперь {job}?", "Не ожидал такого от {company}!", "Надо же: {sentence}"),
        "": ("Адрес: {street_address}.", "Встреча назначена на {date}.", "{name}, {job}."),
    },
    looks=("Какого цвета этот квадрат?", "{name} спрашивает: что это за цвет?", "Назови цвет картинки."),
    colours={
        "красный": (214, 40, 40),
        "зелёный": (56, 142, 60),
        "синий": (25, 90, 200),
        "жёлтый": (250, 210, 40),
        "чёрный": (0, 0, 0),
        "белый": (255, 255, 255),
    },
)
_ENGLISH = Phrases(
    locale="en_US",
    system=(
        "You help the customers of {company}. Be brief.",
        "Answer politely and to the point.",
        "You are the information desk of {city}.",
    ),
    chats=(
        ("What does {name} do for a living?", "According to the directory: {job}."),
        ("Where is {company}?", "At {street_address}, {city}."),
        ("How do I write to {company}?", "Their address is {ascii_safe_email}."),
        ("What does the order of {date} say?", "Ordered by {name}, to be delivered to {street_address}."),
        ("Invent a slogan for {company}.", "{catch_phrase}."),
        ("Retell it in a sentence: {text}", "{sentence}"),
        ("When was {company} founded?", "In {year}."),
        ("What is the site of {company}?", "It is {domain_name}."),
    ),
    near=(
        ("Where is {company}?", "The address of {company}"),
        ("When will the order of {date} arrive?", "Delivery time of what was ordered on {date}"),
        ("What is the weather in {city}?", "Today's forecast for {city}"),
        ("Who is {name}?", "About our colleague {name}"),
        ("No letters arrive at {ascii_safe_email}", "The mailbox {ascii_safe_email} gets no messages"),
        ("Vacancy: {job}", "We are looking for: {job}"),
    ),
    feelings={
        "joy": ("Hooray, {company} fixed it!", "I love {city}!", "Best day ever: {date}!"),
        "upset": ("The order of {date} is late again.", "{company} does not answer.", "I miss {city}."),
        "surprise": ("Wow, {name} is a {job} now?", "From {company}, of all people!", "Imagine: {sentence}"),
        "": ("The address is {street_address}.", "The meeting is on {date}.", "{name}, {job}."),
    },
    looks=(
        "What colour is this square?",
        "{name} asks: which colour is it?",
        "Name the colour of the picture.",
    ),
    colours={
        "red": (214, 40, 40),
        "green": (56, 142, 60),
        "blue": (25, 90, 200),
        "yellow": (250, 210, 40),
        "black": (0, 0, 0),
        "white": (255, 255, 255),
    },
)
PHRASES: dict[Language, Phrases] = {"ru": _RUSSIAN, "en": _ENGLISH}
