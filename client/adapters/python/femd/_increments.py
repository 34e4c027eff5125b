"""Newton's iteration with one batch of points each, increments of load and cuts: what the hosts of this package share."""
import time

from ._client import Cut, Error


class Increments:
    """What a host adds: _parts, its laws; _evaluate(), all points at the present displacement, which raises Cut; _solve(), the
    linear problem of the last evaluation's tangent; _residual(), of the last evaluation: how far the forces are from balance and
    how large they are; _copy() and _restore(copy), of all that an evaluation or a solution changes."""

    client = None
    evaluations = 0  #: points asked so far
    solutions = 0  #: linear problems solved so far
    seconds = 0.0  #: of processor that this process spent so far on asking them: packing, sending, unpacking
    _known = False  # whether there is an evaluation at the present displacement

    def increments(self, steps, load, first=0, tolerance=1e-8, iterations=12, cuts=8):
        """Carry the load from first/steps to 1 in equal steps; yields the load after each increment that was accepted (and committed).

        load(fraction) is to set what the host prescribes at that load. Newton ends where no free component of the forces out of
        balance is larger than tolerance times the largest nodal force. An increment at which the material says no (Cut), or that
        takes more iterations, goes back to what was committed and is tried with half its size, down to 2**-cuts of a step; they
        grow again where half of the iterations do. After that, and after any other error, the displacement is that of the last
        accepted one.
        """
        if not 0 <= first < steps or iterations < 1 or cuts < 0 or not 0 < tolerance < 1:
            raise Error("increments: first is less than steps, iterations 1 at least, cuts 0, and tolerance lies between 0 and 1",
                        "BAD_ARGUMENT")
        if not self._known:
            self._try(self._ask)
        for step in range(first, steps):
            done, size = 0.0, 1.0  # of this step; both are exact
            while done < 1:
                at = (step + done + size) / steps
                try:
                    taken = self._try(self._iterate, load, at, tolerance, iterations)
                except Cut:
                    load((step + done) / steps)
                    size /= 2
                    if size < 2.0**-cuts:
                        raise
                    continue
                self.client.commit()
                done += size
                if size < 1 and done % (2 * size) == 0 and taken <= iterations // 2:
                    size *= 2
                yield at

    def _try(self, call, *arguments):
        """What does not succeed leaves nothing behind."""
        before = self._copy()
        try:
            result = call(*arguments)
        except BaseException as why:
            self._restore(before)
            if isinstance(why, Cut):
                self.client.abort()
            raise
        self._known = True
        return result

    def _ask(self):
        begin = time.process_time()
        try:
            self._evaluate()
        finally:
            self.seconds += time.process_time() - begin

    def _iterate(self, load, at, tolerance, iterations):
        load(at)
        for taken in range(1, iterations + 1):
            self._solve()
            self.solutions += 1
            self._ask()
            left, size = self._residual()
            if left <= tolerance * size:
                return taken
        raise Cut(f"load {at:g}: after {iterations} iterations the forces are out of balance by {left:.3g}, of {size:.3g}",
                  "NOT_CONVERGED")
