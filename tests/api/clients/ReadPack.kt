/* Read a pack with the types that OpenAPI Generator has made, and write again what they hold: `ReadPackKt PACK.json`. */

import java.io.File
import org.openapitools.client.infrastructure.Serializer
import org.openapitools.client.models.Pack

fun main(arguments: Array<String>) {
    val pack = Serializer.gson.fromJson(File(arguments[0]).readText(), Pack::class.java)
    println(Serializer.gsonBuilder.serializeNulls().create().toJson(pack))
}
