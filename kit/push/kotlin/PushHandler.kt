/*
 * What an Android app does with a push message of Fingerpost. Plain Kotlin: no Android, no Firebase, no library.
 * PushFixturesTest.kt passes every fixture for Android; AlertMessagingService.kt shows where Firebase calls it.
 */
package fingerpost.push

/** The version of the keys in the data that this handler knows. */
private const val KNOWN_VERSION = "1"

/** A message as Firebase hands it to the app: RemoteMessage.data, and the fields of RemoteMessage.notification. */
data class PushMessage(
    val data: Map<String, String>,
    val title: String,
    val body: String,
    val tag: String,
    val channel: String,
)

/** What the app knows when a message arrives. */
data class Phone(
    /** Whether the person has alerts switched on in the app. */
    val alertsOn: Boolean,
    /** The highest revision that was shown of each thread: the one value about alerts that an app stores. */
    val shown: Map<String, Int>,
    /** The place and audience that the person has chosen: country, audience, and the region if it is known. */
    val reader: Map<String, String>,
)

enum class Action { SHOW, REPLACE, KEEP }

data class ShownNotification(
    val action: Action,
    val tag: String,
    val title: String? = null,
    val body: String? = null,
    val sound: Boolean? = null,
)

/** What the app shows at once when the person opens the notification, and the request that it sends meanwhile. */
sealed interface OpenedScreen {
    /** A version of the keys that this app does not know: the feed has the alert in the app's own version. */
    data class Feed(val request: String) : OpenedScreen

    data class Alert(
        val id: String,
        /** False: title and body are the outer text, until the feed has answered. */
        val textInMessage: Boolean,
        val title: String,
        val body: String,
        val lang: String,
        val dir: String,
        val notes: List<String>,
        val tip: String?,
        /** Null: they are in the feed. */
        val services: List<String>?,
        /** Null for a rehearsal, which is not in the feed. */
        val request: String?,
    ) : OpenedScreen
}

data class Reaction(
    val notification: ShownNotification?,
    /** Alerts are off: unregister again, or unsubscribe from all topics again. */
    val unregister: Boolean,
    /** What to store. */
    val shown: Map<String, Int>,
    val opened: OpenedScreen?,
)

fun onMessage(message: PushMessage, phone: Phone): Reaction {
    val data = message.data
    if (!phone.alertsOn) return Reaction(null, unregister = true, shown = phone.shown, opened = null)
    if (data["v"] != KNOWN_VERSION) {
        val feed = OpenedScreen.Feed("/v1/alerts?" + parameters(phone.reader))
        return Reaction(shownNotification(Action.SHOW, message), false, phone.shown, feed)
    }
    val thread = data.getValue("alert")
    val rev = data.getValue("rev").toInt()
    val actual = data["status"] == "Actual"
    val highest = phone.shown[thread]
    // A rehearsal has no place in the order of a thread. Only test apps get one.
    if (actual && highest != null && rev <= highest) {
        return Reaction(ShownNotification(Action.KEEP, message.tag), false, phone.shown, null)
    }
    val action = if (highest == null) Action.SHOW else Action.REPLACE
    val shown = if (actual) phone.shown + (thread to rev) else phone.shown
    return Reaction(shownNotification(action, message), false, shown, onOpen(message, phone.reader))
}

fun onOpen(message: PushMessage, reader: Map<String, String>): OpenedScreen.Alert {
    val data = message.data
    val id = data.getValue("open").removePrefix("alert/")
    val inMessage = data["inner"] != "feed"
    val lang = data.getValue("lang")
    val query = parameters(reader + ("locale" to lang))
    return OpenedScreen.Alert(
        id = id,
        textInMessage = inMessage,
        title = if (inMessage) data.getValue("inner_title") else message.title,
        body = if (inMessage) data.getValue("inner_body") else message.body,
        lang = lang,
        dir = data.getValue("dir"),
        notes = notesOf(data),
        tip = data["tip"].orEmpty().ifEmpty { null },
        services = data["services"]?.split(",")?.filter { it.isNotEmpty() },
        request = if (data["status"] == "Actual") "/v1/alerts/$id?$query" else null,
    )
}

/** What the app says beside the text. An `act` that the app does not know says nothing. */
private fun notesOf(data: Map<String, String>): List<String> = buildList {
    if (data["status"] != "Actual") add("rehearsal")
    if (!data["fallback"].isNullOrEmpty()) add("in-another-language")
    if (data["act"] == "update") add("updated")
    if (data["act"] == "cancel") add("withdrawn")
}

private fun shownNotification(action: Action, message: PushMessage) =
    // The channel decides about the sound, and the person about the channel.
    ShownNotification(action, message.tag, message.title, message.body, sound = message.channel == "urgent")

/** The query of a URL. The values are codes, which need no escaping. */
private fun parameters(values: Map<String, String>): String =
    values.toSortedMap().entries.joinToString("&") { (name, value) -> "$name=$value" }
