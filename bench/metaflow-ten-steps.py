"""Ten steps that do nothing, for `npm run bench -- overhead`."""

from metaflow import FlowSpec, step


class TenSteps(FlowSpec):
    @step
    def start(self):
        self.next(self.second)

    @step
    def second(self):
        self.next(self.third)

    @step
    def third(self):
        self.next(self.fourth)

    @step
    def fourth(self):
        self.next(self.fifth)

    @step
    def fifth(self):
        self.next(self.sixth)

    @step
    def sixth(self):
        self.next(self.seventh)

    @step
    def seventh(self):
        self.next(self.eighth)

    @step
    def eighth(self):
        self.next(self.ninth)

    @step
    def ninth(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    TenSteps()
