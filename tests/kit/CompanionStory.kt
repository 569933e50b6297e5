/* A reader's week with kit/apps/kotlin/Companion.kt, step by step; test_apps.py compiles it and compares what it prints. */
package fingerpost.companion

import java.time.Duration
import java.time.Instant

private val START: Instant = Instant.parse("2026-11-30T02:00:00Z")
private val GB = Choices("GB", "en", "teen", 14, null)
private val IE = Choices("IE", "ga", "teen", 14, null)

private class MemoryStore : Store {
    override var choices: Choices? = GB
    override var manifest: Manifest? = null
    override var pack: KeptPack? = null
    override fun clear() {
        choices = null
        manifest = null
        pack = null
    }
}

/** Answers with paths as bodies, and remembers them. */
private class FakeApi : Api {
    var isDown = false
    val requests = mutableListOf<String>()
    override fun get(path: String): ByteArray {
        if (isDown) throw Unreachable()
        requests += path
        return path.toByteArray()
    }
}

private class FakeVerifier : Verifier {
    var release = 7L
    var withdrawn = emptyMap<String, String?>()
    var refusal: String? = null
    override fun countryManifest(jws: ByteArray, country: String, now: Instant, last: Manifest?, mayBeOld: Boolean): Manifest {
        refusal?.let { throw Refused(it) }
        val expires = now + Duration.ofDays(7)
        return Manifest(country, release, 1, 1, now, expires, mapOf("en" to "d$release"), withdrawn)
    }

    override fun pack(body: ByteArray, manifest: Manifest, locale: String) = Pack(
        manifest.country, locale,
        listOf(Service("gb-999"), Service("gb-line")),
        listOf(Tip("plain", emptyList()), Tip("names-the-line", listOf("gb-line")))
    )
}

private class FakeResolver : Resolver<String> {
    override fun resolve(pack: Pack, choices: Choices, situation: String, canSpeak: Boolean, at: Instant) =
        "$situation: ${pack.services.joinToString { it.id }}; ${pack.tips.joinToString { it.slug }}"
}

private class PrintedScreens : Screens<String> {
    override fun empty(notes: Set<String>) = println("empty $notes")
    override fun situations(pack: Pack, notes: Set<String>) = println("situations ${pack.country} ${pack.locale} $notes")
    override fun plan(plan: String, pack: Pack, notes: Set<String>) = println("plan $plan $notes")
    override fun neutralPage() = println("neutral page")
}

fun main() {
    val store = MemoryStore()
    val api = FakeApi()
    val verifier = FakeVerifier()
    val companion = Companion(store, api, verifier, FakeResolver(), PrintedScreens())
    fun day(number: Long) = START + Duration.ofDays(number)
    fun visit(now: Instant, choices: Choices = GB) {
        companion.renew(choices, now)
        companion.show(now)
        companion.plan("blackmail", true, now)
    }

    api.isDown = true
    visit(day(0))
    api.isDown = false
    visit(day(0))
    api.isDown = true
    visit(day(1))
    companion.show(day(30))
    api.isDown = false
    verifier.refusal = "rolled-back"
    visit(day(2))
    verifier.refusal = null
    verifier.withdrawn = mapOf("gb-line" to null)
    visit(day(3))
    verifier.release = 8
    visit(day(4))
    api.isDown = true
    visit(day(5), IE)
    store.choices = IE
    companion.show(day(5))
    companion.plan("blackmail", true, day(5))
    store.choices = GB
    api.isDown = false
    visit(day(6), IE)
    companion.leave()
    println(store.choices?.run { "kept $country $locale $audience $age $region" })
    companion.show(day(6))
    companion.forget()
    companion.show(day(6))
    println(api.requests.joinToString("\n"))
}
