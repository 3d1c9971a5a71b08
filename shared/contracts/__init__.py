"""The one public interface: every event, state, command and query that crosses a service's border."""
