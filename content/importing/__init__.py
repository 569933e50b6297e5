"""Load the files in content/facts as proposals and drafts: two people approve anything before readers see it."""
