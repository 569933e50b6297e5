/*
 * Where Firebase calls PushHandler.kt on Android. Nothing compiles this file here: it needs the Android SDK and Firebase.
 * Read it beside docs/push.md, and write it into your app.
 */
package fingerpost.push

import android.app.NotificationChannel
import android.app.NotificationManager
import android.content.Context
import androidx.core.app.NotificationCompat
import androidx.core.app.NotificationManagerCompat
import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage

class AlertMessagingService : FirebaseMessagingService() {
    /** Runs while the app is open. In the background Firebase shows the notification by itself, with the same tag and channel. */
    override fun onMessageReceived(remote: RemoteMessage) {
        val outer = remote.notification ?: return
        val tag = outer.tag ?: return
        val message = PushMessage(remote.data, outer.title.orEmpty(), outer.body.orEmpty(), tag, outer.channelId ?: "updates")
        val reaction = onMessage(message, AlertStore.phone(this))
        AlertStore.saveShown(this, reaction.shown)
        if (reaction.unregister) AlertStore.scheduleUnregistering(this)
        val shown = reaction.notification ?: return
        if (shown.action == Action.KEEP) return
        val notification = NotificationCompat.Builder(this, message.channel)
            .setSmallIcon(R.drawable.neutral)
            .setContentTitle(shown.title)
            .setContentText(shown.body)
            .setVisibility(NotificationCompat.VISIBILITY_PRIVATE)
            .setLocalOnly(true)
            .setContentIntent(AlertScreens.intent(this, remote.data))
            .setAutoCancel(true)
            .build()
        // The same tag and the id 0, as Firebase itself does: the notification replaces the earlier one of the thread.
        NotificationManagerCompat.from(this).notify(shown.tag, 0, notification)
    }

    /** Firebase drops subscriptions with an old token: subscribe to all topics again, or send the new address. */
    override fun onNewToken(token: String) = AlertStore.scheduleRefresh(this, atOnce = true)
}

/** Create both channels at the first start. The person may change each of them later, and the app cannot change it back. */
fun createChannels(context: Context) {
    val manager = context.getSystemService(NotificationManager::class.java)
    val quiet = NotificationChannel("updates", context.getString(R.string.channel_updates), NotificationManager.IMPORTANCE_LOW)
    val audible = NotificationChannel("urgent", context.getString(R.string.channel_urgent), NotificationManager.IMPORTANCE_DEFAULT)
    for (channel in listOf(quiet, audible)) channel.lockscreenVisibility = NotificationCompat.VISIBILITY_PRIVATE
    manager.createNotificationChannels(listOf(quiet, audible))
}
