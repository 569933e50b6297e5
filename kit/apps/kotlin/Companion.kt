/*
 * The companion as an Android app, on one page: the same steps in the same order as the app in the browser
 * (kit/companion: content.js, main.js, quick_exit.js), which is whole and tested. Plain Kotlin: no Android, no library.
 * What every app writes for itself is behind interfaces; docs/verifying.md and docs/resolver.md have the vectors to check
 * the verifier and the resolver against.
 */
package fingerpost.companion

import java.time.Instant

/** The document is not to be used: it is forged, rolled back, expired, or of another country. */
class Refused(val code: String) : Exception(code)

/** There is no network, or the server has no answer. */
class Unreachable : Exception()

class Service(val id: String)
class Tip(val slug: String, val services: List<String>)
class Pack(val country: String, val locale: String, val services: List<Service>, val tips: List<Tip>)

class Manifest(
    /** ZZ, worldwide, for a country without packs of its own. */
    val country: String,
    val release: Long, val minRelease: Long, val keysVersion: Long, val issued: Instant, val expires: Instant,
    /** The digest of each pack by locale. */
    val packs: Map<String, String>,
    /** Ids of withdrawn services, with their successors. */
    val withdrawn: Map<String, String?>
)

class KeptPack(val country: String, val locale: String, val digest: String, val release: Long, val pack: Pack)

/** What the reader chose, never what happened. The audience (null: ask), age and region are forgotten when the reader leaves. */
class Choices(val country: String, val locale: String, val audience: String?, val age: Int?, val region: String?)

/** Private storage of the app, without a backup (android:allowBackup="false"). Each write is whole or not at all. */
interface Store {
    var choices: Choices?
    var manifest: Manifest?
    var pack: KeptPack?
    fun clear()
}

/** HTTPS without cookies, cache and identifiers. Throws Unreachable. */
interface Api {
    fun get(path: String): ByteArray
}

/** A port of content/publishing/verify.py, with the root key built in. Throws Refused. */
interface Verifier {
    fun countryManifest(jws: ByteArray, country: String, now: Instant, last: Manifest?, mayBeOld: Boolean): Manifest
    fun pack(body: ByteArray, manifest: Manifest, locale: String): Pack
}

/** A port of kit/resolver: no network, no clock of its own. */
interface Resolver<Plan> {
    fun resolve(pack: Pack, choices: Choices, situation: String, canSpeak: Boolean, at: Instant): Plan
}

/** The screens. FLAG_SECURE keeps all of them out of screenshots and the list of recent apps. */
interface Screens<Plan> {
    /** No pack yet: call the emergency number of the country you are in, or tell an adult; and "Try again". */
    fun empty(notes: Set<String>)
    /** The emergency number, and below it what happened, in the words of the pack. */
    fun situations(pack: Pack, notes: Set<String>)
    fun plan(plan: Plan, pack: Pack, notes: Set<String>)
    /** finishAndRemoveTask(), then a neutral page in the browser by an Intent with FLAG_ACTIVITY_NEW_TASK. */
    fun neutralPage()
}

class Companion<Plan>(
    private val store: Store, private val api: Api, private val verifier: Verifier,
    private val resolver: Resolver<Plan>, private val screens: Screens<Plan>
) {
    private var notes = emptySet<String>()

    /** At the start: show at once what is kept, whatever its age. No spinner, no wall. Then call `renew`. */
    fun show(now: Instant) {
        val kept = kept(now)
        if (kept == null) screens.empty(notes) else screens.situations(kept, notes)
    }

    /**
     * In the background, when the app comes to the foreground, at most once a minute; then `show` again. Also where the reader
     * chooses another country or language: the earlier ones stay until their help is here. One after the other.
     */
    fun renew(choices: Choices, now: Instant) {
        notes = try {
            accept(choices, now)
            emptySet()
        } catch (refused: Refused) {
            // The last good help stays. An expired manifest after a good one is no forgery: say that the help may be old.
            setOf(if (refused.code == "expired") "old" else "kept-back")
        } catch (unreachable: Unreachable) {
            setOf("offline")
        }
    }

    /** Manifest, verify, keep; then pack, verify, keep. What was withdrawn is gone even if the pack cannot be fetched. */
    private fun accept(choices: Choices, now: Instant) {
        val before = store.pack?.takeIf { it.country == choices.country }
        // Where there is no help yet, old help is better than none: the clock may be a year ahead.
        val mayBeOld = before?.locale != choices.locale
        val jws = api.get("/v1/manifest/${choices.country}/${choices.locale}")
        val manifest = verifier.countryManifest(jws, choices.country, now, store.manifest, mayBeOld)
        // The pack of a language may be kept back for a time: then this is the country's manifest.
        val locale = if (choices.locale in manifest.packs) choices.locale else "en"
        val digest = manifest.packs[locale] ?: throw Refused("wrong-pack")
        // The pack of another country is shown by the manifest that it came with until the new one is here.
        if (before != null) store.manifest = manifest
        val same = before?.takeIf { it.locale == locale && it.digest == digest }
        val pack = same?.pack ?: fetch(manifest, locale, digest)
        store.pack = KeptPack(choices.country, locale, digest, manifest.release, pack)
        store.manifest = manifest
        store.choices = Choices(choices.country, locale, choices.audience, choices.age, choices.region)
    }

    private fun fetch(manifest: Manifest, locale: String, digest: String): Pack {
        val body = api.get("/v1/packs/${manifest.country}/$locale/$digest")
        return verifier.pack(body, manifest, locale)
    }

    /** The kept pack without what was withdrawn. The clock removes nothing: it adds a note. */
    private fun kept(now: Instant): Pack? {
        val kept = store.pack ?: return null
        val choices = store.choices ?: return null
        // The numbers of another country are no help.
        if (kept.country != choices.country || kept.locale != choices.locale) return null
        val manifest = store.manifest
        // A pack of a release below `minRelease` contains a withdrawn service.
        if (manifest == null || now >= manifest.expires || kept.release < manifest.minRelease) notes = notes + "old"
        return withoutWithdrawn(kept.pack, manifest?.withdrawn?.keys.orEmpty())
    }

    private fun withoutWithdrawn(pack: Pack, gone: Set<String>) = Pack(
        pack.country, pack.locale,
        pack.services.filter { it.id !in gone },
        pack.tips.filter { tip -> tip.services.none { it in gone } }
    )

    /** The reader says what happened: the plan is made here. The situation is in no request, no file and no log. */
    fun plan(situation: String, canSpeak: Boolean, now: Instant) {
        val choices = store.choices
        val pack = kept(now)
        if (choices == null || pack == null) return screens.empty(notes)
        screens.plan(resolver.resolve(pack, choices, situation, canSpeak, now), pack, notes)
    }

    /** "Forget everything". */
    fun forget() {
        store.clear()
        leave()
    }

    /** "Leave now", on every screen and in one tap. The help stays; what the reader said of themselves goes. */
    fun leave() {
        store.choices = store.choices?.let { Choices(it.country, it.locale, null, null, null) }
        screens.neutralPage()
    }
}
