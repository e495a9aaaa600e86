# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocabulary of the generated company: people, subjects and sentences in several languages.

Halden Instruments is invented, like everybody in it; all addresses end in .example (RFC 2606).
"""

DOMAIN = "halden.example"

# name, address, department, language
PEOPLE = [
    ("Anna Lindqvist", "anna", "Management", "en"),
    ("Benedikt Größl", "benedikt.groessl", "Engineering", "de"),
    ("Chloé Lefèvre", "chloe.lefevre", "Sales", "fr"),
    ("Дмитрий Волков", "d.volkov", "Engineering", "ru"),
    ("佐藤 美咲", "sato", "Sales", "ja"),
    ("陈 伟", "chen.wei", "Purchasing", "zh"),
    ("ليلى حداد", "leila.haddad", "Legal", "ar"),
    ("Ελένη Παππά", "eleni.pappa", "Finance", "el"),
    ("Tom O'Reilly", "tom", "Support", "en"),
    ("Jürgen Weiß", "juergen.weiss", "Finance", "de"),
    ("Søren Kjær", "soren.kjaer", "Logistics", "en"),
    ("Zoë \"Zed\" Nakamura, Dr.", "zoe", "Research", "en"),
]

PARTNERS = [
    ("Marta Kowalska", "marta@nordwind-logistics.example", "en"),
    ("Herbert Strauß", "strauss@kanzlei-strauss.example", "de"),
    ("Amélie Durand", "a.durand@atelier-durand.example", "fr"),
    ("Иван Соколов", "sokolov@sibir-optika.example", "ru"),
    ("田中 一郎", "tanaka@kyoto-lens.example", "ja"),
    ("王 芳", "wang.fang@shenzhen-parts.example", "zh"),
]

# language: (greeting, closing, reply word, subjects, sentences)
LANGUAGES = {
    "en": ("Hello {name},", "Kind regards", "wrote", [
        "Budget for the new test bench", "Delivery of the spectrometer", "Minutes of Monday's meeting",
        "Contract renewal with Nordwind", "Calibration report", "Travel plans", "Question about invoice",
        "Firmware 4.2 release", "Audit of the cold store", "Lens supplier shortlist",
    ], [
        "The spectrometer left the warehouse this morning and should arrive on Thursday.",
        "Could you check the figures in the attached sheet before the meeting?",
        "The audit found nothing unusual, but we must keep the records for ten years.",
        "I have spoken with the supplier; they can deliver forty lenses by the end of the month.",
        "The test bench is calibrated again and the drift is below one percent.",
        "Please do not forward this before the contract is signed.",
        "We agreed on a discount of seven percent for the second order.",
        "The firmware fixes the overheating of the laser diode.",
        "Let me know whether the hotel near the station is fine for you.",
    ]),
    "de": ("Guten Tag {name},", "Mit freundlichen Grüßen", "schrieb", [
        "Prüfbericht für das Spektrometer", "Rechnung und Zahlungsziel", "Terminvorschlag für die Übergabe",
        "Änderung am Vertrag", "Lieferverzögerung der Linsen",
    ], [
        "Die Prüfung der Messgeräte wurde am Dienstag ohne Beanstandung abgeschlossen.",
        "Bitte überweisen Sie den Betrag von 4.300 € bis zum Monatsende.",
        "Die Maßnahmen zur Kühlung wirken; die Temperatur bleibt jetzt unter dreißig Grad.",
        "Für die Übergabe schlage ich nächste Woche vor, größere Räume sind schon gebucht.",
        "Anbei erhalten Sie die geänderten Vertragsunterlagen zur Durchsicht.",
    ]),
    "fr": ("Bonjour {name},", "Bien cordialement", "a écrit", [
        "Réunion à l'agence de Lyon", "Devis pour les capteurs", "Référence du nouveau client",
        "Été : congés de l'équipe",
    ], [
        "Le client souhaite recevoir les capteurs avant la fin de l'été.",
        "J'ai modifié le devis : la remise s'élève désormais à 7 %, garantie comprise.",
        "Pourriez-vous vérifier que la facture précédente a bien été réglée ?",
        "L'atelier a terminé l'étalonnage ; les écarts sont négligeables.",
        "Ça m'intéresserait de connaître votre avis sur la pièce jointe.",
    ]),
    "ru": ("Здравствуйте, {name}!", "С уважением", "пишет", [
        "Отчёт об испытаниях", "Поставка оптики", "Вопрос по договору", "Совещание в среду",
    ], [
        "Испытания спектрометра завершены, отклонение не превышает одного процента.",
        "Поставка линз задерживается на две недели из-за таможни.",
        "Просим подтвердить получение договора и выставить счёт.",
        "Лаборатория проверила охлаждение лазера и замечаний не имеет.",
    ]),
    "ja": ("{name}様", "よろしくお願いいたします", "さんは書きました", [
        "分光器の納期について", "見積書の件", "打ち合わせの議事録", "校正証明書",
    ], [
        "分光器は木曜日に到着する予定です。",
        "添付の見積書をご確認ください。",
        "レンズの検査は問題なく終わりました。",
        "契約書の署名が終わるまで、この内容は社外に出さないでください。",
    ]),
    "zh": ("{name}，您好：", "此致敬礼", "写道", [
        "关于光谱仪的交货", "报价单", "质量检验报告", "合同修改",
    ], [
        "光谱仪将于星期四到达仓库。",
        "请在会议之前核对附件中的数字。",
        "供应商答应在月底之前交付四十个镜头。",
        "质量检验没有发现任何问题。",
    ]),
    "ar": ("مرحبا {name}،", "مع أطيب التحيات", "كتب", [
        "مراجعة العقد", "موعد الاجتماع", "تقرير الفحص",
    ], [
        "نرجو مراجعة العقد المرفق قبل يوم الخميس.",
        "تم فحص جهاز القياس ولم نجد أي خلل.",
        "يجب حفظ السجلات لمدة عشر سنوات.",
    ]),
    "el": ("Αγαπητέ {name},", "Με εκτίμηση", "έγραψε", [
        "Τιμολόγιο και προθεσμία", "Έλεγχος αποθήκης", "Πρόταση για τη συνάντηση",
    ], [
        "Ο έλεγχος της αποθήκης ολοκληρώθηκε χωρίς παρατηρήσεις.",
        "Παρακαλώ επιβεβαιώστε την παραλαβή του φασματόμετρου.",
        "Το τιμολόγιο πρέπει να εξοφληθεί μέχρι το τέλος του μήνα.",
    ]),
}

# language: charset, transfer encoding. Every pair is met in the wild.
ENCODINGS = {
    "en": [("us-ascii", "7bit"), ("utf-8", "7bit"), ("iso-8859-1", "quoted-printable"),
           ("utf-8", "base64")],
    "de": [("iso-8859-15", "quoted-printable"), ("utf-8", "quoted-printable"), ("utf-8", "8bit"),
           ("windows-1252", "8bit")],
    "fr": [("iso-8859-15", "8bit"), ("utf-8", "base64"), ("windows-1252", "quoted-printable")],
    "ru": [("koi8-r", "8bit"), ("windows-1251", "base64"), ("utf-8", "quoted-printable"),
           ("koi8-r", "base64")],
    "ja": [("iso-2022-jp", "7bit"), ("shift_jis", "base64"), ("utf-8", "base64"),
           ("euc-jp", "8bit")],
    "zh": [("gb18030", "base64"), ("gb2312", "8bit"), ("utf-8", "base64")],
    "ar": [("windows-1256", "base64"), ("utf-8", "quoted-printable")],
    "el": [("iso-8859-7", "quoted-printable"), ("windows-1253", "base64"), ("utf-8", "8bit")],
}

# For planted words: syllables that no language above uses together, so that a hit is never an accident.
SYLLABLES = ["vex", "quor", "zim", "bal", "thra", "nox", "jyk", "plu", "dro", "wez", "gaf", "hux",
             "mip", "sko", "tuv", "ryl"]
