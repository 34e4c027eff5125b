"""femd from Python: a material law whose points are evaluated by atoms, a pool of workers behind a server.

    import femd, numpy
    client = femd.Client("ipc:///home/me/pool/socket", run="beam")
    law = client.material("case.json", "copper").points(n)      # n quadrature points, virgin
    P, A = law(F)                    # F (n, 3, 3); P (n, 3, 3) Pa, A (n, 3, 3, 3, 3) Pa: A[i, J, k, L] = dP[i, J]/dF[k, L]
    client.commit()                  # the increment is accepted: the states that these answers left are the new ones

A point whose material says no raises femd.Cut: try a smaller increment. Anything else raises femd.Error. All is SI (Pa, K,
J/m^3) and per reference volume; a material's "orientation" is applied by libfemd. One thread at a time may use a client.
"""
from ._client import Client, Cut, Error, Law, Material
from ._library import version

__all__ = ["Client", "Cut", "Error", "Law", "Material", "version"]
