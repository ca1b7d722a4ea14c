-- Run once by the image, as the superuser, when the data folder is new.
-- The product's role owns its database and has no other right.
\getenv password DATABASE_PASSWORD
CREATE ROLE mock_interview LOGIN PASSWORD :'password';
CREATE DATABASE mock_interview OWNER mock_interview;
