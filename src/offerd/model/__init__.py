"""The words of offerd as Structs: one module a concept, no I/O."""
