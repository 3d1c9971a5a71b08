"""Reading what others have (participants and neighbourhoods, from CSV and GeoJSON), and sending it safely."""
