from tests.service.bad_input.refusal import cast, own

__all__ = ["cast", "own"]
