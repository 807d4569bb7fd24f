"""The Russian of `validate`, by its English: `{name}` is a part that is filled in, `{n}` a number."""

NOUNS = {
    "row": ("строка", "строки", "строк"),
    "class": ("класс", "класса", "классов"),
    "pair": ("пара", "пары", "пар"),
    "error": ("ошибка", "ошибки", "ошибок"),
}
"""One, few, many."""

WORDS = {
    "a string": "строка",
    "a list": "список",
    "an object": "объект",
    "a whole number": "целое число",
    "a number with a fraction, an exponent or too many digits": (
        "число с дробной частью, порядком или слишком длинное"
    ),
    "true or false": "true или false",
    "null": "null",
    "request": "запрос",
    "response": "ответ",
    "request and response": "запрос и ответ",
    "text": "текст",
    "no": "ни одного",
    "UTF-16 text; save it as UTF-8": "текст в UTF-16; сохраните его в UTF-8",
    "compressed with gzip; upload it unpacked": "архив gzip; загрузите его распакованным",
    "a zip archive or a spreadsheet; upload JSON Lines": (
        "архив zip или электронная таблица; загрузите JSON Lines"
    ),
    "Parquet; upload JSON Lines": "файл Parquet; загрузите JSON Lines",
}
"""Parts of what is said."""

TEXTS = {
    "{file}: {verdict}": "{file}: {verdict}",
    "{file}: {verdict}, {rows}": "{file}: {verdict}, {rows}",
    "{file}: {verdict}, {n} of {rows} are right": "{file}: {verdict}, без ошибок {n}, всего {rows}",
    "; rows of this task type are counted, not checked": "; строки этого типа считаются, но не проверяются",
    "task type {type}, by the first {rows}; --task-type says otherwise": (
        "тип {type}: так выглядит начало файла ({rows}); другой тип задаёт --task-type"
    ),
    "row": "строка",
    "column": "позиция",
    "what is wrong": "что не так",
    "a row is {shape}": "строка файла: {shape}",
    "and {rows} more with {error}: {list}": "и ещё {rows}, {error}: {list}",
    "and {rows} more with {error}": "и ещё {rows}, {error}",
    "documented, but not enforced by the service:": "по документации не так, но сервис примет:",
    "tokens, estimated (the service's tokenizer is not public)": (
        "токены, приблизительно (токенизатор сервиса не опубликован)"
    ),
    "; totals from the first {rows}": "; всего — по началу файла ({rows})",
    "total": "всего",
    "average": "в среднем",
    "longest": "больше всего",
    "documented limit": "предел по документации",
    "The {part} of {rows} is over the documented {n} tokens, by an estimate: {list}.": (
        "Больше {n} токенов, приблизительно ({part}; {rows}): {list}."
    ),
    "{list}, …": "{list}, …",
    "{out}: {rows} written": "{out}: записано {rows}",
    "`{command}` turns it into JSON Lines": "`{command}` превратит его в JSON Lines",
    "checking": "проверка",
    "looking closer": "подробности",
    "{file} is not converted:": "файл {file} не преобразован:",
    "line {line}, column {column}": "строка {line}, позиция {column}",
    "line {line}, column {column} (element {n})": "строка {line}, позиция {column} (элемент {n})",
    "cannot read {file} ({why}); name a JSON Lines file": (
        "не читается {file} ({why}); назовите файл JSON Lines"
    ),
    "no task type {type}; use one of {list}": "нет типа {type}; есть такие: {list}",
    "rows of {type} are not known here; there is nothing to convert to": (
        "строки типа {type} здесь не известны; преобразовать не во что"
    ),
    "{out} is there already; name another file, or write over it with --force": (
        "{out} уже есть; назовите другой файл или перезапишите этот с --force"
    ),
    "cannot write {out} ({why}); name another file": "не записывается {out} ({why}); назовите другой файл",
    "cannot tell the task type of {file} by its rows; name it with --task-type": (
        "по строкам файла {file} не понять, какого он типа; задайте --task-type"
    ),
    "{file} may be {list}; say which with --task-type": (
        "{file} может быть разных типов: {list}; выберите с помощью --task-type"
    ),
}

_ROWS = {
    "{where} is missing": "нет {where}",
    "{where} is not a field of such a row": "{where}: такого поля в строке не бывает",
    "{where} is empty; it needs at least one element": "{where}: пусто; нужен хотя бы один элемент",
    "{where} is empty; write something there or leave the row out": (
        "{where}: пусто; напишите что-нибудь или уберите строку"
    ),
    "{where} is {got}; it must be {want}": "{where}: здесь {got}, а нужно: {want}",
    "{where} is {got}, which is not allowed there": "{where}: значение {got} здесь не допускается",
    "{where} must be {want}": "{where}: нужно {want}",
    "{where} is not base64 (letters, digits, + and /, = at the end); no line breaks, no data: URL": (
        "{where}: не base64 (буквы, цифры, + и /, в конце =); без переносов строк и без data: URL"
    ),
    "{where} is a number with too many digits": "{where}: в числе слишком много цифр",
    "the line ends inside the JSON object; write each object on one line": (
        "строка кончается внутри объекта JSON; пишите каждый объект в одну строку"
    ),
    "there is more text after the first object (byte {got}); write one a line, no commas between": (
        "после первого объекта есть ещё текст (байт {got}); пишите по одному в строке, без запятых между ними"
    ),
    "the line is not JSON: {got}": "в строке не JSON: {got}",
    "the text is not JSON: {what}": "это не JSON: {what}",
    "{where}: {got}": "{where}: {got}",
    "the line is longer than {n} MiB": "строка длиннее {n} МиБ",
    "the line is nested too deeply": "слишком глубокая вложенность",
    "the line is blank; remove it (an empty line at the end counts too)": (
        "строка пустая; уберите её (пустая строка в конце тоже считается)"
    ),
    "the line starts with a byte order mark; save the file as UTF-8 without BOM": (
        "строка начинается с метки порядка байтов; сохраните файл в UTF-8 без BOM"
    ),
    "the line has a NUL byte; JSON text has none": "в строке есть нулевой байт; в JSON его не бывает",
    "a text has half of a surrogate pair (such as \\ud83d alone)": (
        "в тексте половина суррогатной пары (например, одно \\ud83d)"
    ),
    "a text is not UTF-8, or has half of a surrogate pair": (
        "текст не в UTF-8, или в нём половина суррогатной пары"
    ),
    "an object has the key{key} twice; keep one": "в объекте дважды есть ключ{key}; оставьте один",
    "byte {got} is not UTF-8 text; save the file as UTF-8": "байт {got}: не UTF-8; сохраните файл в UTF-8",
    "`$.request` has no message of the role user; add what the user asks": (
        "`$.request`: нет сообщения с ролью user; добавьте вопрос пользователя"
    ),
    'the row has no class; add one, such as "joy": 1': (
        'в строке нет ни одного класса; добавьте, например "joy": 1'
    ),
    "{got} classes are 1; exactly one must be": "классов с 1: {got}; нужен ровно один",
    "the row has {n} classes; {most} is most": "классов в строке: {n}; допускается не больше {most}",
    "the name of a class has a quotation mark, a backslash or a control character; rename it": (
        "в имени класса кавычка, обратная косая черта или управляющий символ; переименуйте его"
    ),
}

_PARSER = {
    "{what} (byte {n})": "{what} (байт {n})",
    "invalid character": "недопустимый символ",
    "invalid number": "неправильное число",
    "invalid escaped character": "неправильный символ после обратной косой черты",
    "invalid utf-16 surrogate pair": "неправильная суррогатная пара",
    "unexpected end of hex escape": "обрывается код символа",
    "expected ',' or ']'": "ожидалась ',' или ']'",
    "expected ',' or '}'": "ожидалась ',' или '}'",
    "expected ':'": "ожидалось ':'",
    "expected '\"'": "ожидалась кавычка",
    "trailing comma in array": "лишняя запятая в конце массива",
    "trailing comma in object": "лишняя запятая в конце объекта",
    "object keys must be strings": "ключи объекта должны быть строками",
    "there is more text after the array": "после массива есть ещё текст",
    "the array has no end": "у массива нет конца",
    "an element is longer than {n} MiB": "элемент длиннее {n} МиБ",
    "it is nested too deeply": "слишком глубокая вложенность",
    "a number has too many digits": "в числе слишком много цифр",
    "Expecting value": "ожидалось значение",
    "Expecting ',' delimiter": "ожидалась запятая",
    "Expecting ':' delimiter": "ожидалось двоеточие",
    "Expecting property name enclosed in double quotes": "ожидался ключ в двойных кавычках",
    "Illegal trailing comma before end of object": "лишняя запятая в конце объекта",
    "Illegal trailing comma before end of array": "лишняя запятая в конце массива",
    "Unterminated string starting at": "у строки нет закрывающей кавычки",
    "Invalid control character at": "управляющий символ внутри строки",
    "Invalid \\escape": "неправильный символ после обратной косой черты",
    "Invalid \\uXXXX escape": "неправильный код символа",
}

_RULES = {
    "roles are system, user and assistant, and at least one message is the user's": (
        "роли — system, user и assistant, хотя бы одно сообщение от user"
    ),
    "no text is empty": "пустых текстов нет",
    'an image is {"type": "image", "image": "<base64>"}': 'картинка — {"type": "image", "image": "<base64>"}',
    "every key but text is a class, 0 or 1": "каждый ключ, кроме text, — класс, 0 или 1",
    "all rows have the same classes": "классы во всех строках одни и те же",
    "the text is not empty": "текст не пустой",
    "exactly one class is 1": "ровно один класс равен 1",
    "the first right row has {list}": "в первой правильной строке: {list}",
}

_ARRAY = (
    "The file is one JSON array, the format of the old DataSphere tuning. This API takes JSON Lines: each"
    " object on a line of its own, no brackets around and no commas between. A row is {shape}."
)
_ARRAY_RU = (
    "Это один массив JSON, формат прежнего дообучения в DataSphere. Этот API принимает JSON Lines: каждый"
    " объект в своей строке, без скобок вокруг и запятых между ними. Строка файла: {shape}."
)
_FILE = {
    "The file has no rows; write one JSON object a line.": (
        "В файле нет строк; пишите по одному объекту JSON в строке."
    ),
    "The file is {what}. A row is {shape}.": "Это {what}. Строка файла: {shape}.",
    _ARRAY: _ARRAY_RU,
    f"{_ARRAY} It also holds only {{pairs}}: tuning asks for {{n}} or more.": (
        f"{_ARRAY_RU} К тому же в нём всего {{pairs}}, а для дообучения нужно не меньше {{n}}."
    ),
    "the array is empty; there is nothing to convert": "массив пустой; преобразовывать нечего",
    "the file is not one JSON array: it does not begin with [; JSON Lines need no conversion": (
        "в файле не массив JSON: он не начинается с [; файл JSON Lines преобразовывать не нужно"
    ),
    "After {n} wrong rows the check stopped; the last {rest} rows were not looked at.": (
        "После {n} строк с ошибками проверка остановилась; последние строки ({rest}) не просмотрены."
    ),
    "{n} more rows have errors of other kinds.": "Строк с другими ошибками: {n}.",
    "The file has {have}; the documentation asks for {n}.": (
        "В файле {have}; по документации нужно не меньше {n}."
    ),
    "The file has {have}; {n} or more are recommended.": "В файле {have}; рекомендуется не меньше {n}.",
    "The file has {have}; {n} is the documented maximum.": "В файле {have}; по документации — не больше {n}.",
    "Names of classes have at most {n} characters, as documented: {list}.": (
        "Имена классов по документации — не длиннее {n} символов: {list}."
    ),
    "Each class should have a row that belongs to it; these have none: {list}.": (
        "У каждого класса должна быть хотя бы одна строка; без строк: {list}."
    ),
}

SAID = _ROWS | _PARSER | _RULES | _FILE
"""What the data contract says."""
