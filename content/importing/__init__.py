"""From the files in content/facts to proposals and drafts: nothing that is loaded reaches a reader without two people."""
