// The notification service extension: iOS runs it for each message before it is shown, also while the app does not run
// ("mutable-content"). Nothing compiles this file here.

import UserNotifications

final class NotificationService: UNNotificationServiceExtension {
    override func didReceive(
        _ request: UNNotificationRequest, withContentHandler show: @escaping (UNNotificationContent) -> Void
    ) {
        guard let content = request.content.mutableCopy() as? UNMutableNotificationContent else { return show(request.content) }
        // AlertStore is yours: a file in the App Group of app and extension, excluded from backups (isExcludedFromBackup), with
        // the protection "complete until first user authentication".
        let store = AlertStore.shared
        let message = PushMessage(userInfo: request.content.userInfo, identifier: request.identifier)
        let before = store.phone.shown
        let reaction = onMessage(message, phone: store.phone)
        store.save(shown: reaction.shown)
        if reaction.unregister { store.unregisterAtNextStart() }
        switch reaction.notification?.action {
        case .show, .replace:
            // A stored text belongs to a stored revision. A rehearsal has none, nor has a message in a version of the keys that
            // this app does not know.
            if reaction.shown != before { store.keepText(of: content, tag: message.tag) }
        case .keep:
            // An extension cannot withhold a notification without an entitlement (below). It shows the newer text that it has
            // stored, if any, without a sound.
            content.title = store.title(tag: message.tag) ?? content.title
            content.body = store.body(tag: message.tag) ?? content.body
            content.sound = nil
            content.interruptionLevel = .passive
        case nil:
            // Alerts are off. With the entitlement com.apple.developer.usernotifications.filtering, which Apple grants on
            // request, empty content shows nothing. Without it iOS ignores empty content and shows the message as it came,
            // which names no subject.
            return show(UNNotificationContent())
        }
        show(content)
    }
}
