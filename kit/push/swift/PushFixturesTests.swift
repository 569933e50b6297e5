// Run PushHandler.swift against every fixture for iOS: add it and the folder kit/push/fixtures to a test target. Without a test
// target, FIXTURES names the folder.

import XCTest

final class PushFixturesTests: XCTestCase {
    func testEveryFixtureForIOS() throws {
        let found = try fixtures()
        let files = try XCTUnwrap(found)
        var ran = 0
        for file in files {
            let fixture = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
            let given = try XCTUnwrap(fixture["phone"] as? [String: Any])
            guard given["platform"] as? String == "ios" else { continue }
            ran += 1
            let did = dictionary(of: onMessage(message(of: fixture), phone: phone(of: given)))
            let expected = try XCTUnwrap(fixture["expect"] as? NSDictionary)
            XCTAssertEqual(did, expected, file.lastPathComponent)
        }
        XCTAssertGreaterThan(ran, 0)
    }

    /// Return the files: those of the test target, or where there is no bundle those of the folder that FIXTURES names.
    private func fixtures() throws -> [URL]? {
        guard let folder = ProcessInfo.processInfo.environment["FIXTURES"] else {
            let found = Bundle(for: Self.self).urls(forResourcesWithExtension: "json", subdirectory: "fixtures")
            return found?.map { $0 as URL }
        }
        return try FileManager.default.contentsOfDirectory(at: URL(fileURLWithPath: folder), includingPropertiesForKeys: nil)
    }

    /// Return the message as FCM hands it to iOS: the data beside `aps`, which gets the common text where it has none.
    private func message(of fixture: [String: Any]) -> PushMessage {
        let message = fixture["message"] as! [String: Any]
        let apns = message["apns"] as! [String: Any]
        var aps = (apns["payload"] as! [String: Any])["aps"] as! [String: Any]
        if aps["alert"] == nil { aps["alert"] = message["notification"] }
        var userInfo: [AnyHashable: Any] = ["aps": aps]
        for (name, value) in message["data"] as! [String: String] { userInfo[name] = value }
        return PushMessage(userInfo: userInfo, identifier: (apns["headers"] as! [String: String])["apns-collapse-id"]!)
    }

    private func phone(of given: [String: Any]) -> Phone {
        Phone(
            alertsOn: given["alerts_on"] as! Bool,
            shown: given["shown"] as! [String: Int],
            reader: given["reader"] as! [String: String]
        )
    }

    private func dictionary(of reaction: Reaction) -> NSDictionary {
        var notification: Any = NSNull()
        if let shown = reaction.notification {
            var fields: [String: Any] = ["action": shown.action.rawValue, "tag": shown.tag]
            fields["title"] = shown.title
            fields["body"] = shown.body
            fields["sound"] = shown.sound
            notification = fields
        }
        var opened: Any = NSNull()
        switch reaction.opened {
        case .feed(let request):
            opened = ["screen": "feed", "request": request]
        case .alert(let alert):
            opened = [
                "screen": "alert", "id": alert.id, "text_from": alert.textInMessage ? "message" : "feed",
                "title": alert.title, "body": alert.body, "lang": alert.lang, "dir": alert.dir, "notes": alert.notes,
                "tip": alert.tip as Any? ?? NSNull(), "services": alert.services as Any? ?? NSNull(),
                "request": alert.request as Any? ?? NSNull(),
            ] as [String: Any]
        case nil:
            break
        }
        return ["notification": notification, "unregister": reaction.unregister, "shown": reaction.shown, "opened": opened]
    }
}
