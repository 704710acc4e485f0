"""A model of characters that counts; you submit this file beside the notebook."""


class NgramModel:
    """Says which character comes next by counting what came after the same characters before.

    Attributes:
        context: how many characters it looks at, 0 or more.
        vocabulary: the characters of the text that it was fitted on, each once, sorted.
    """

    def __init__(self, context):
        self.context = context
        self.vocabulary = []
        self.counts = {}

    def fit(self, text):
        """Count the characters after each run of `context` characters; return the model itself.

        A second call forgets what the first has counted.
        """
        ############################################################################
        # TODO: Set self.vocabulary, and count.                                    #
        ############################################################################
        self.vocabulary = sorted(set(text))
        self.counts = {}
        for i in range(self.context, len(text)):
            row = self.counts.setdefault(text[i - self.context : i], {})
            row[text[i]] = row.get(text[i], 0) + 1
        return self
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################

    def probability(self, context, char):
        """The probability that `char` comes after `context`, with add-one smoothing.

        How often the character came after that context, plus one, divided by how often any
        character did, plus the size of the vocabulary. After a context that was never seen, all
        characters of the vocabulary are equally likely.

        Args:
            context: a text; of a longer one only the last `self.context` characters count.
            char: a character of the vocabulary.
        """
        ############################################################################
        # TODO: Return the probability.                                            #
        ############################################################################
        row = self.counts.get(context[len(context) - self.context :], {})
        return (row.get(char, 0) + 1) / (sum(row.values()) + len(self.vocabulary))
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################

    def sample(self, start, length, rng):
        """A text that begins with `start` and goes on for `length` drawn characters.

        Args:
            rng: a NumPy generator, from which all randomness comes.
        """
        text = start
        ############################################################################
        # TODO: Draw one character after the other, each by its probability.       #
        ############################################################################
        for _ in range(length):
            weights = [self.probability(text, char) for char in self.vocabulary]
            text += str(rng.choice(self.vocabulary, p=weights))
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################
        return text
