// The companion as an iOS app, on one page: the same steps in the same order as the app in the browser
// (kit/companion: content.js, main.js, quick_exit.js), which is whole and tested. It needs Foundation alone.
// What every app writes for itself is behind protocols; docs/verifying.md and docs/resolver.md have the vectors to check
// the verifier and the resolver against. A test compiles it in the mode of Swift 6 where swiftc is installed.

import Foundation

/// The document is not to be used: it is forged, rolled back, expired, or of another country.
struct Refused: Error { let code: String }

/// There is no network, or the server has no answer.
struct Unreachable: Error {}

struct Service { let id: String }
struct Tip { let slug: String; let services: [String] }
struct Pack { let country: String; let locale: String; var services: [Service]; var tips: [Tip] }

struct Manifest {
    /// ZZ, worldwide, for a country without packs of its own.
    let country: String
    let release: Int, minRelease: Int, keysVersion: Int, issued: Date, expires: Date
    /// The digest of each pack by locale.
    let packs: [String: String]
    /// Ids of withdrawn services, with their successors.
    let withdrawn: [String: String?]
}

struct KeptPack { let country: String, locale: String, digest: String; let release: Int; let pack: Pack }

/// What the reader chose, never what happened. The audience (nil: ask), age and region are forgotten when the reader leaves.
struct Choices { let country: String, locale: String; let audience: String?, age: Int?, region: String? }

/// Files of the app with `isExcludedFromBackup` and complete file protection. Each write is whole or not at all.
protocol Store: AnyObject {
    var choices: Choices? { get set }
    var manifest: Manifest? { get set }
    var pack: KeptPack? { get set }
    func clear()
}

/// An ephemeral URLSession without cookies and cache. Throws Unreachable.
protocol Api { func get(_ path: String) async throws -> Data }

/// A port of content/publishing/verify.py, with the root key built in. Throws Refused.
protocol Verifier {
    func countryManifest(_ jws: Data, country: String, now: Date, last: Manifest?, mayBeOld: Bool) throws -> Manifest
    func pack(_ body: Data, manifest: Manifest, locale: String) throws -> Pack
}

/// A port of kit/resolver: no network, no clock of its own.
protocol Resolver {
    associatedtype Plan
    func resolve(_ pack: Pack, choices: Choices, situation: String, canSpeak: Bool, at: Date) -> Plan
}

/// The screens. Cover the window in `sceneWillResignActive`, so that the app switcher shows none of them.
protocol Screens {
    associatedtype Plan
    /// No pack yet: call the emergency number of the country you are in, or tell an adult; and "Try again".
    func empty(notes: Set<String>)
    /// The emergency number, and below it what happened, in the words of the pack.
    func situations(_ pack: Pack, notes: Set<String>)
    func plan(_ plan: Plan, _ pack: Pack, notes: Set<String>)
    /// An app for iOS cannot close itself: empty the window, forget the navigation, and open a neutral page in the browser.
    func neutralPage()
}

@MainActor
final class Companion<R: Resolver, S: Screens> where R.Plan == S.Plan {
    private let store: Store, api: Api, verifier: Verifier, resolver: R, screens: S
    private var notes: Set<String> = []

    init(store: Store, api: Api, verifier: Verifier, resolver: R, screens: S) {
        (self.store, self.api, self.verifier, self.resolver, self.screens) = (store, api, verifier, resolver, screens)
    }

    /// At the start: show at once what is kept, whatever its age. No spinner, no wall. Then call `renew`.
    func show(now: Date) {
        if let kept = kept(now: now) { screens.situations(kept, notes: notes) } else { screens.empty(notes: notes) }
    }

    /// In the background, when the app comes to the foreground, at most once a minute; then `show` again. Also where the reader
    /// chooses another country or language: the earlier ones stay until their help is here. One after the other.
    func renew(_ choices: Choices, now: Date) async {
        do {
            try await accept(choices, now: now)
            notes = []
        } catch let refused as Refused {
            // The last good help stays. An expired manifest after a good one is no forgery: say that the help may be old.
            notes = [refused.code == "expired" ? "old" : "kept-back"]
        } catch {
            notes = ["offline"]
        }
    }

    /// Manifest, verify, keep; then pack, verify, keep. What was withdrawn is gone even if the pack cannot be fetched.
    private func accept(_ choices: Choices, now: Date) async throws {
        let before = store.pack.flatMap { $0.country == choices.country ? $0 : nil }
        // Where there is no help yet, old help is better than none: the clock may be a year ahead.
        let mayBeOld = before?.locale != choices.locale
        let jws = try await api.get("/v1/manifest/\(choices.country)/\(choices.locale)")
        let manifest = try verifier.countryManifest(
            jws, country: choices.country, now: now, last: store.manifest, mayBeOld: mayBeOld)
        // The pack of a language may be kept back for a time: then this is the country's manifest.
        let locale = manifest.packs[choices.locale] == nil ? "en" : choices.locale
        guard let digest = manifest.packs[locale] else { throw Refused(code: "wrong-pack") }
        // The pack of another country is shown by the manifest that it came with until the new one is here.
        if before != nil { store.manifest = manifest }
        let same = before.flatMap { $0.locale == locale && $0.digest == digest ? $0.pack : nil }
        let pack: Pack
        if let same { pack = same } else { pack = try await fetch(manifest, locale, digest) }
        store.pack = KeptPack(
            country: choices.country, locale: locale, digest: digest, release: manifest.release, pack: pack)
        store.manifest = manifest
        store.choices = Choices(
            country: choices.country, locale: locale, audience: choices.audience, age: choices.age, region: choices.region)
    }

    private func fetch(_ manifest: Manifest, _ locale: String, _ digest: String) async throws -> Pack {
        let body = try await api.get("/v1/packs/\(manifest.country)/\(locale)/\(digest)")
        return try verifier.pack(body, manifest: manifest, locale: locale)
    }

    /// The kept pack without what was withdrawn. The clock removes nothing: it adds a note.
    private func kept(now: Date) -> Pack? {
        guard let kept = store.pack, let choices = store.choices else { return nil }
        // The numbers of another country are no help.
        if kept.country != choices.country || kept.locale != choices.locale { return nil }
        let manifest = store.manifest
        // A pack of a release below `minRelease` contains a withdrawn service.
        if manifest.map({ now >= $0.expires || kept.release < $0.minRelease }) ?? true { notes.insert("old") }
        return withoutWithdrawn(kept.pack, Set(manifest?.withdrawn.keys.map { $0 } ?? []))
    }

    private func withoutWithdrawn(_ pack: Pack, _ gone: Set<String>) -> Pack {
        var left = pack
        left.services.removeAll { gone.contains($0.id) }
        left.tips.removeAll { !gone.isDisjoint(with: $0.services) }
        return left
    }

    /// The reader says what happened: the plan is made here. The situation is in no request, no file and no log.
    func plan(_ situation: String, canSpeak: Bool, now: Date) {
        guard let choices = store.choices, let pack = kept(now: now) else { return screens.empty(notes: notes) }
        let plan = resolver.resolve(pack, choices: choices, situation: situation, canSpeak: canSpeak, at: now)
        screens.plan(plan, pack, notes: notes)
    }

    /// "Forget everything".
    func forget() {
        store.clear()
        leave()
    }

    /// "Leave now", on every screen and in one tap. The help stays; what the reader said of themselves goes.
    func leave() {
        store.choices = store.choices.map { Choices(country: $0.country, locale: $0.locale, audience: nil, age: nil, region: nil) }
        screens.neutralPage()
    }
}
