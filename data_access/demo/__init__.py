"""The seeded reference deployment and its simulator; acts only through public inputs."""
