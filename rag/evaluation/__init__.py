"""Measures of answers, refusals, requests and retrieval.

Order inside: measures < beir, gold, collection < retrieval, answers; requests, support.
"""
