"""Tests of the connector for Multivers Online."""

NAME = "multivers_online"
