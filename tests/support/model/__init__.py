# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server that keeps a ledger of what it offered and a journal of what it was told, and that can be
made to misbehave in each way that is known. See server.py for how to use it."""
