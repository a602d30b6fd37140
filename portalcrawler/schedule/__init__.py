"""When each portal is crawled, by whichever of the machines comes first, in processes that are watched."""
