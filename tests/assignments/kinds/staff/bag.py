"""A bag of words."""


class Bag:
    """Counts words."""

    ############################################################
    # TODO: Answer here.                                      #
    ############################################################
    def __init__(self):
        self.counts = {}

    def add(self, text):
        for word in text.split():
            self.counts[word] = self.counts.get(word, 0) + 1

    ############################################################
    #                     END OF YOUR CODE                     #
    ############################################################
