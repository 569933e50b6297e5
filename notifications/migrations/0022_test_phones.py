"""Codes that phones with a test app show, phones that staff have paired, and tests that were sent to them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0021_unproven_registrations_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PairingRequest',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('place', models.JSONField(help_text='The columns of its segment.')),
                ('address_kind', models.CharField(choices=[('fid', 'Fid'), ('token', 'Token')], max_length=5)),
                ('address_sealed', models.CharField(max_length=800)),
                ('address_digest', models.CharField(max_length=80, unique=True)),
                ('app_version', models.CharField(max_length=45)),
                ('secret_digest', models.CharField(max_length=64)),
                ('code_digest', models.CharField(max_length=64, unique=True)),
                ('expires_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PairedPhone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=40)),
                ('paired_at', models.DateTimeField()),
                ('paired_until', models.DateTimeField(db_index=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='test_phones', to=settings.AUTH_USER_MODEL)),
                ('registration', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='paired_phone', to='notifications.registration')),
            ],
        ),
        migrations.CreateModel(
            name='TestSend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('bodies', models.JSONField(help_text='Registration id to the message; emptied once it was sent.')),
                ('phones', models.PositiveSmallIntegerField()),
                ('claimed_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('accepted', models.PositiveSmallIntegerField(default=0)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='test_sends', to='notifications.campaign')),
            ],
            options={
                'ordering': ('-at', '-id'),
                'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['at'], name='testsend_waiting')],
            },
        ),
    ]
