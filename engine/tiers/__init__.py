"""Where a bank's routing keys and content KV lie while questions are answered, and how a layer gets at them."""

from engine.tiers.memory import BankMemory, Memory
from engine.tiers.plan import Free, Sizes, Tiers, plan

__all__ = ["BankMemory", "Free", "Memory", "Sizes", "Tiers", "plan"]
