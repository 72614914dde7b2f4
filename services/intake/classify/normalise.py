"""Folds case, accents and look-alikes so that packs match however a customer types; for the classifier and packs."""

import re
import unicodedata
from dataclasses import dataclass

# Letters without a Unicode decomposition, and spellings that mean the same letter in practice.
_SPECIAL = {
    "ł": "l",
    "đ": "d",
    "ø": "o",
    "ı": "i",
    "ς": "σ",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "’": "'",
    "‘": "'",
    "`": "'",
    "´": "'",
    "ʼ": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "\u3000": " ",
    "…": ".",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ى": "ي",
    "ة": "ه",
    "ؤ": "و",
    "ئ": "ي",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬀ": "ff",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
}
# Traditional forms of the characters that the Chinese pack uses.
_TRADITIONAL = dict(
    zip(
        "經領導級責負聯繫電話請個問題錯誤貨單賬戶號訂閱損壞燒傷觸毆過敏養機構緊醫療騙盜竊隱資訊洩訴師監管記實"
        "讓換見誰員復費錢壓務態度罵髒動轉舊處應該檢測買賣現這種沒說講對時間給後還來寫網絡無線斷開關係層總裁統"
        "寧兒嬰嚴產業歲車禍圖賠償額歧視維權媒體報拒絕歸運送達遞郵簽裝屏顯閃護結險勢丟並乾亂佈佔併侷俬倉們偽備"
        "傢傳傾僅價億儘優儲兇內兩冊凈凍別則剋剎剛創劃劑勁勞勸匯區協厤厭厲唸啞啟喚喪喫嗆嗎嘔噁噹嚇嚥嚨嚮囂園圓"
        "團埰執場塊塗塵墊墜夠夾奪姦婦媽孃孫學寀審寬寶將專屢屬島崗帳帶幫幹幾庫廁廈廚廠廢廳弔張強彆彈彔彙徑從徵"
        "恥惡愛慘慼憑憤懇懟懷懸戀戰拋捱捲掃掛採揚搶摺撐撥擔據擾攜攝攬敗數於旂昇晉暈曆曏書會朮東枴柺條極榦樁樓"
        "標樣橫檔檯櫃歷殘殺毀氣決沖淨減渾準溝滯滾滿漲潔潰濃濟瀉瀏災為煙煩熱燈燙營燬爐爛爺爾獃獨畢異當瘋瘓癇癡"
        "癥癱癲發盡盤盪眾睏睜確碼礙禮稅稱積窮競筆箇節簡籤糰紀約紅納純紮細終組絆絲綁編練緻縫縮績繳續纔罰習翫聞"
        "聰職聽聾脅脣脩脫腎腦腫腳膚膠臉臟臥臨臺與舉艙菸萬葯蒐蓆蓋蕩薦藍藥蘋虛虧蝸蟲術衕衛衝補裡製複褻覈規親覽"
        "計討訓託訟訪設診註証詐評詞詢試誇認語課調談諉論諮諷諾謀謊謝謹證譏識譜譟譭議讀變讚豈豬貓貝財貴貸質賴購"
        "贊趕蹤軋軌軟載輕輩輪輸轟辦農迴連週進遊違遜遠遲選邊鄉鄰醣釋釘針釣釦銀銷錄錦錶鍋鍵鍼鎖鏈鐵長門閉閘閤閨"
        "闆陞陰陸陽隊隨隻離難霧靈靜韆響頁頂項順須頌預頓頭顆顏願類顧風颱飛飯飲飼餃餓餘館餬餿饋馬駕騎騷驗驚驛骯"
        "髮鬆鬚鬧魚魯鳥鹹麵麼黃點黴齒齡齣齦龐",
        "经领导级责负联系电话请个问题错误货单账户号订阅损坏烧伤触殴过敏养机构紧医疗骗盗窃隐资讯泄诉师监管记实"
        "让换见谁员复费钱压务态度骂脏动转旧处应该检测买卖现这种没说讲对时间给后还来写网络无线断开关系层总裁统"
        "宁儿婴严产业岁车祸图赔偿额歧视维权媒体报拒绝归运送达递邮签装屏显闪护结险势丢并干乱布占并局私仓们伪备"
        "家传倾仅价亿尽优储凶内两册净冻别则克刹刚创划剂劲劳劝汇区协历厌厉念哑启唤丧吃呛吗呕恶当吓咽咙向嚣园圆"
        "团采执场块涂尘垫坠够夹夺奸妇妈娘孙学采审宽宝将专屡属岛岗帐带帮干几库厕厦厨厂废厅吊张强别弹录汇径从征"
        "耻恶爱惨戚凭愤恳怼怀悬恋战抛挨卷扫挂采扬抢折撑拨担据扰携摄揽败数于旗升晋晕历向书会术东拐拐条极干桩楼"
        "标样横档台柜历残杀毁气决冲净减浑准沟滞滚满涨洁溃浓济泻浏灾为烟烦热灯烫营毁炉烂爷尔呆独毕异当疯痪痫痴"
        "症瘫癫发尽盘荡众困睁确码碍礼税称积穷竞笔个节简签团纪约红纳纯扎细终组绊丝绑编练致缝缩绩缴续才罚习玩闻"
        "聪职听聋胁唇修脱肾脑肿脚肤胶脸脏卧临台与举舱烟万药搜席盖荡荐蓝药苹虚亏蜗虫术同卫冲补里制复亵核规亲览"
        "计讨训托讼访设诊注证诈评词询试夸认语课调谈诿论咨讽诺谋谎谢谨证讥识谱噪毁议读变赞岂猪猫贝财贵贷质赖购"
        "赞赶踪轧轨软载轻辈轮输轰办农回连周进游违逊远迟选边乡邻糖释钉针钓扣银销录锦表锅键针锁链铁长门闭闸合闺"
        "板升阴陆阳队随只离难雾灵静千响页顶项顺须颂预顿头颗颜愿类顾风台飞饭饮饲饺饿余馆糊馊馈马驾骑骚验惊驿肮"
        "发松须闹鱼鲁鸟咸面么黄点霉齿龄出龈庞",
        strict=True,
    )
)
_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
# Combining marks, Arabic vowels and tatweel, zero-width characters, soft hyphen, variation selectors; and what grows.
_REMOVED = "\u0300-\u036f\u0483-\u0487\u064b-\u0652\u0640\u200b-\u200f\u2060\ufeff\u00ad\ufe00-\ufe0f"
_IRREGULAR = re.compile("[" + _REMOVED + "ßæœþÆŒÞẞﬀ-ﬄ]")
_DROPPED = re.compile("[" + _REMOVED + "]")


def _fold_character(character: str) -> str:
    lowered = character.lower()[:1] if character != "İ" else "i"
    if lowered in _SPECIAL:
        return _SPECIAL[lowered]
    if lowered in _TRADITIONAL:
        return _TRADITIONAL[lowered]
    if _DROPPED.match(lowered):
        return ""
    bare = unicodedata.normalize("NFKD", lowered)[:1].lower()
    if unicodedata.name(bare, "").startswith(_FOLDED_SCRIPTS) or ord(lowered) in range(0xFF01, 0xFF5F):
        return _SPECIAL.get(bare, bare)
    return lowered


class _FoldTable(dict[int, str]):
    """Fills itself as characters are met; a pure cache, so sharing it between threads is harmless."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_TABLE = _FoldTable()


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; `origins[i]` is where character i came from, or None where the positions are the same."""

    text: str
    origins: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the text before folding."""
        if self.origins is None or start >= end:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def fold(text: str) -> Folded:
    """Lower case, no accents in Latin, Greek and Cyrillic, one form of quotes, dashes, widths and Arabic letters."""
    if text.isascii():
        return Folded(text.lower().replace("`", "'"), None)
    if not _IRREGULAR.search(text):
        return Folded(text.translate(_TABLE), None)
    pieces: list[str] = []
    origins: list[int] = []
    for position, character in enumerate(text):
        piece = _TABLE[ord(character)]
        pieces.append(piece)
        origins.extend([position] * len(piece))
    return Folded("".join(pieces), origins)
