"""Measures of answers, refusals, requests and retrieval. Floor 9.

Order inside: measures < beir, gold, collection < retrieval, answers; requests, support.
"""
