/*
 * Run PushHandler.kt against every fixture for Android, without a test framework: exits with 1 and prints what differs.
 * tests/kit/test_push_kotlin.py does.
 *
 *     kotlinc PushHandler.kt PushFixturesTest.kt -include-runtime -d push.jar && java -jar push.jar ../fixtures
 */
package fingerpost.push

import java.io.File
import kotlin.system.exitProcess

fun main(arguments: Array<String>) {
    val files = File(arguments[0]).listFiles { file -> file.extension == "json" }!!.sorted()
    var ran = 0
    var failed = 0
    for (file in files) {
        val fixture = Json(file.readText()).value() as Map<*, *>
        val given = fixture.at("phone")
        if (given["platform"] != "android") continue
        ran++
        val found = toMap(onMessage(messageOf(fixture.at("message")), phoneOf(given)))
        if (found != fixture["expect"]) {
            failed++
            println("${file.name}\n  expected ${fixture["expect"]}\n  found    $found")
        }
    }
    println("$ran fixtures, $failed failed")
    if (ran == 0 || failed > 0) exitProcess(1)
}

private fun Map<*, *>.at(name: String) = this[name] as Map<*, *>

@Suppress("UNCHECKED_CAST")
private fun messageOf(message: Map<*, *>): PushMessage {
    val own = message.at("android").at("notification")
    // As FCM does: what the platform's part leaves out, it takes from the common text.
    val shared = message["notification"] as Map<*, *>? ?: emptyMap<String, String>()
    fun text(name: String) = (own[name] ?: shared[name]) as String
    return PushMessage(
        message["data"] as Map<String, String>, text("title"), text("body"), own["tag"] as String, own["channel_id"] as String,
    )
}

@Suppress("UNCHECKED_CAST")
private fun phoneOf(given: Map<*, *>) = Phone(
    alertsOn = given["alerts_on"] as Boolean,
    shown = (given["shown"] as Map<String, Long>).mapValues { it.value.toInt() },
    reader = given["reader"] as Map<String, String>,
)

private fun toMap(reaction: Reaction): Map<String, Any?> = mapOf(
    "notification" to reaction.notification?.let { shown ->
        val text = mapOf("title" to shown.title, "body" to shown.body, "sound" to shown.sound).filterValues { it != null }
        mapOf("action" to shown.action.name.lowercase(), "tag" to shown.tag) + text
    },
    "unregister" to reaction.unregister,
    "shown" to reaction.shown.mapValues { it.value.toLong() },
    "opened" to when (val opened = reaction.opened) {
        null -> null
        is OpenedScreen.Feed -> mapOf("screen" to "feed", "request" to opened.request)
        is OpenedScreen.Alert -> mapOf(
            "screen" to "alert", "id" to opened.id, "text_from" to if (opened.textInMessage) "message" else "feed",
            "title" to opened.title, "body" to opened.body, "lang" to opened.lang, "dir" to opened.dir, "notes" to opened.notes,
            "tip" to opened.tip, "services" to opened.services, "request" to opened.request,
        )
    },
)

/** As much of RFC 8259 as the fixtures need: no fractions and no exponents. */
private class Json(private val text: String) {
    private var place = 0

    fun value(): Any? {
        skip()
        return when (text[place]) {
            '{' -> members('}') { val name = value() as String; expect(':'); name to value() }.associate { it as Pair<*, *> }
            '[' -> members(']') { value() }
            '"' -> string()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> Regex("-?\\d+").matchAt(text, place)!!.value.also { place += it.length }.toLong()
        }
    }

    private fun members(end: Char, read: () -> Any?): List<Any?> {
        place++
        val found = mutableListOf<Any?>()
        skip()
        while (text[place] != end) {
            found += read()
            skip()
            if (text[place] == ',') place++
            skip()
        }
        place++
        return found
    }

    private fun string(): String {
        val found = StringBuilder()
        place++
        while (text[place] != '"') {
            if (text[place] != '\\') { found.append(text[place++]); continue }
            when (val escaped = text[++place]) {
                'n' -> found.append('\n')
                't' -> found.append('\t')
                'u' -> { found.append(text.substring(place + 1, place + 5).toInt(16).toChar()); place += 4 }
                else -> found.append(escaped)
            }
            place++
        }
        place++
        return found.toString()
    }

    private fun word(name: String, value: Any?): Any? {
        check(text.startsWith(name, place))
        place += name.length
        return value
    }

    private fun expect(sign: Char) {
        skip()
        check(text[place++] == sign)
    }

    private fun skip() {
        while (text[place].isWhitespace()) place++
    }
}
