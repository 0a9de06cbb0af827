"""The HTTP API in the shape of Leshan's demo server, for scripts and suites made for that.

Paths, parameters, status codes and JSON are those of its 2.0 milestones; where those differ
among themselves in what they take, both forms are taken. `/v1` is this server's own API. Where
this one deviates it is on purpose:

* Keys go in and never out: `/api/security/clients` has them empty.
* What cannot be carried out is refused with 400 and a sentence where Leshan has a 500.
* A Float is a JSON number, as in Leshan 1 and as suites compare it: the milestones have text.
* An endpoint's name may hold a slash, written `%2F`.
"""
