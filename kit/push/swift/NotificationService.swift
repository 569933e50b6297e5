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
        let reaction = onMessage(message, phone: store.phone)
        store.save(shown: reaction.shown)
        if reaction.unregister { store.unregisterAtNextStart() }
        switch reaction.notification?.action {
        case .show, .replace:
            store.keepText(of: content, tag: message.tag)
        case .keep, nil:
            // An extension cannot withhold a notification, also where alerts are off. It shows the newer text that it has
            // stored, if any, without a sound.
            content.title = store.title(tag: message.tag) ?? content.title
            content.body = store.body(tag: message.tag) ?? content.body
            content.sound = nil
            content.interruptionLevel = .passive
        }
        show(content)
    }
}
