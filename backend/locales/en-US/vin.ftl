### VINs: decoding, and what is wrong with one.

vin-field-length =
    { $count ->
        [one] has { $count } character, and a VIN has 17: compare it with the vehicle or its papers
       *[other] has { $count } characters, and a VIN has 17: compare it with the vehicle or its papers
    }
vin-field-letter = position { $position }: VINs don’t use the letter { $letter }; it may be the digit { $digit }
vin-field-character = position { $position }: { $character } isn’t a letter from A to Z or a digit; enter the character that the vehicle shows
vin-field-repeated = is one character 17 times, which no vehicle has: enter the VIN that the vehicle shows
