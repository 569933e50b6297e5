// What an iOS app does with a push message of Fingerpost. It needs Foundation alone, and is shared by the app and its
// notification service extension. PushFixturesTests.swift runs it against every fixture for iOS, in your project and in a test
// here where swiftc is installed.

import Foundation

/// The version of the keys that this handler knows.
private let knownVersion = "1"

/// A message as iOS hands it to the app: `userInfo` holds the data beside `aps`.
struct PushMessage {
    let data: [String: String]
    let title: String
    let body: String
    let tag: String
    let sound: Bool

    init(userInfo: [AnyHashable: Any], identifier: String) {
        let aps = userInfo["aps"] as? [String: Any] ?? [:]
        let alert = aps["alert"] as? [String: Any] ?? [:]
        data = userInfo.reduce(into: [:]) { found, entry in
            if let name = entry.key as? String, let value = entry.value as? String { found[name] = value }
        }
        title = alert["title"] as? String ?? ""
        body = alert["body"] as? String ?? ""
        tag = identifier
        sound = aps["sound"] != nil
    }
}

/// What the app knows when a message arrives.
struct Phone {
    /// Whether the person has alerts switched on in the app.
    let alertsOn: Bool
    /// The highest revision that was shown of each thread: the one value about alerts that an app stores.
    let shown: [String: Int]
    /// The place and audience that the person has chosen: country, audience, and the region if it is known.
    let reader: [String: String]
}

enum Action: String { case show, replace, keep }

struct ShownNotification: Equatable {
    let action: Action
    let tag: String
    var title: String?
    var body: String?
    var sound: Bool?
}

/// What the app shows at once when the person opens the notification, and the request that it sends meanwhile.
enum OpenedScreen: Equatable {
    /// A version of the keys that this app does not know: the feed has the alert in the app's own version.
    case feed(request: String)
    case alert(OpenedAlert)
}

struct OpenedAlert: Equatable {
    let id: String
    /// False: title and body are the outer text, until the feed has answered.
    let textInMessage: Bool
    let title: String
    let body: String
    let lang: String
    let dir: String
    let notes: [String]
    let tip: String?
    /// Nil: they are in the feed.
    let services: [String]?
    /// Nil for a rehearsal, which is not in the feed.
    let request: String?
}

struct Reaction: Equatable {
    let notification: ShownNotification?
    /// Alerts are off: unregister again, or unsubscribe from all topics again.
    let unregister: Bool
    /// What to store.
    let shown: [String: Int]
    let opened: OpenedScreen?
}

func onMessage(_ message: PushMessage, phone: Phone) -> Reaction {
    let data = message.data
    guard phone.alertsOn else {
        return Reaction(notification: nil, unregister: true, shown: phone.shown, opened: nil)
    }
    func notification(_ action: Action) -> ShownNotification {
        ShownNotification(action: action, tag: message.tag, title: message.title, body: message.body, sound: message.sound)
    }
    guard data["v"] == knownVersion, let thread = data["alert"], let rev = data["rev"].flatMap({ Int($0) }) else {
        let feed = OpenedScreen.feed(request: "/v1/alerts?" + parameters(phone.reader))
        return Reaction(notification: notification(.show), unregister: false, shown: phone.shown, opened: feed)
    }
    let actual = data["status"] == "Actual"
    let highest = phone.shown[thread]
    // A rehearsal has no place in the order of a thread. Only test apps get one.
    if actual, let highest, rev <= highest {
        let kept = ShownNotification(action: .keep, tag: message.tag)
        return Reaction(notification: kept, unregister: false, shown: phone.shown, opened: nil)
    }
    var shown = phone.shown
    if actual { shown[thread] = rev }
    let opened = OpenedScreen.alert(onOpen(message, reader: phone.reader))
    return Reaction(notification: notification(highest == nil ? .show : .replace), unregister: false, shown: shown, opened: opened)
}

func onOpen(_ message: PushMessage, reader: [String: String]) -> OpenedAlert {
    let data = message.data
    let id = String((data["open"] ?? "").dropFirst("alert/".count))
    let inMessage = data["inner"] != "feed"
    let lang = data["lang"] ?? ""
    let query = parameters(reader.merging(["locale": lang]) { _, new in new })
    return OpenedAlert(
        id: id,
        textInMessage: inMessage,
        title: inMessage ? data["inner_title"] ?? "" : message.title,
        body: inMessage ? data["inner_body"] ?? "" : message.body,
        lang: lang,
        dir: data["dir"] ?? "",
        notes: notes(of: data),
        tip: data["tip"].flatMap { $0.isEmpty ? nil : $0 },
        services: data["services"].map { $0.split(separator: ",").map(String.init) },
        request: data["status"] == "Actual" ? "/v1/alerts/\(id)?\(query)" : nil
    )
}

/// What the app says beside the text. An `act` that the app does not know says nothing.
private func notes(of data: [String: String]) -> [String] {
    var found: [String] = []
    if data["status"] != "Actual" { found.append("rehearsal") }
    if !(data["fallback"] ?? "").isEmpty { found.append("in-another-language") }
    if data["act"] == "update" { found.append("updated") }
    if data["act"] == "cancel" { found.append("withdrawn") }
    return found
}

/// The query of a URL. The values are codes, which need no escaping.
private func parameters(_ values: [String: String]) -> String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
}
