//! Text dump of a graph.
