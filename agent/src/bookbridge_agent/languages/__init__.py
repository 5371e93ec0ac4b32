"""The words of the screens and the sentences of the messages, one module a language."""
